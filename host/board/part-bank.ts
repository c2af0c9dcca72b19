// A part of the chip whose logic is a section of the firmware image: sequencers, multiplexer, readout. What all of them have in common.
//
//   held in reset: no instance  --release--> one instance of the section of the image in the core, as it was flashed  --hold--> none
//
// What must stay true: the state is the module's memory and what the part takes from the arena. An image without the section, or with one that may not
// run, refuses the access that releases it.

import { customSection, ImageRefused } from './cpu/cpu.ts';
import { type DeviceContext, FaultCause } from './device.ts';

/** An instance of a section. */
export interface PartModule {
  readonly compiled: WebAssembly.Module;
  restore(state: Uint8Array): void;
}

export interface PartKind<M extends PartModule> {
  /** Name of the custom section. */
  section: string;
  /** For messages: what it is, and the register that releases it. */
  name: string;
  register: string;
  /** Checks and compiles; throws ImageRefused. */
  prepare(bytes: Uint8Array): WebAssembly.Module;
  /** An instance as after a reset of the chip. */
  make(bytes: Uint8Array): M;
}

export class PartBank<M extends PartModule> {
  protected readonly context: DeviceContext;
  protected current: M | undefined;
  private readonly kind: PartKind<M>;
  private readonly firmware: () => Uint8Array | undefined;
  /** [0] time of its release. */
  private readonly releaseTime: Float64Array;
  /** An instance whose memory the next restore may take over. */
  private spare: M | undefined;

  /** `firmware`: the module in the core now, as it is in flash. */
  constructor(context: DeviceContext, firmware: () => Uint8Array | undefined, kind: PartKind<M>) {
    this.context = context;
    this.firmware = firmware;
    this.kind = kind;
    this.releaseTime = context.arena.isHistory(context.arena.floats(1));
  }

  get released(): boolean {
    return this.current !== undefined;
  }

  /** Its module. Refuses the access being handled while the part is held in reset. */
  get module(): M {
    const { name, register } = this.kind;
    if (!this.current)
      this.context.fault(FaultCause.BUS_STATE, `${name} held in reset; write ${register}.CONTROL.RELEASE first`);
    return this.current;
  }

  /** The board's time of its release, from which its clock counts. */
  get releasedNs(): number {
    return this.releaseTime[0];
  }

  /** The present time on its clock. */
  get now(): number {
    return this.context.now - this.releaseTime[0];
  }

  release(): void {
    this.releaseTime[0] = this.context.now;
    const bytes = this.bytes();
    try {
      this.current = this.kind.make(bytes);
    } catch (refusal) {
      if (!(refusal instanceof ImageRefused)) throw refusal;
      this.context.fault(FaultCause.IMAGE_REFUSED, `${this.kind.section}: ${refusal.message}`);
    }
  }

  hold(): void {
    this.current = undefined;
  }

  /** Puts a state in place; the arena and the core's module have been restored already. */
  restore(state: Uint8Array | undefined): void {
    const spare = this.current ?? this.spare;
    this.spare = spare;
    this.current = undefined;
    if (!state) return;
    const bytes = this.bytes();
    this.current = spare?.compiled === this.kind.prepare(bytes) ? spare : this.kind.make(bytes);
    this.current.restore(state);
  }

  private bytes(): Uint8Array {
    const { section, name } = this.kind;
    const image = this.firmware();
    const bytes = image && customSection(image, section);
    if (!bytes)
      this.context.fault(
        FaultCause.BUS_STATE,
        `the running image has no section ${section}, so that ${name} held in reset`,
      );
    return bytes;
  }
}
