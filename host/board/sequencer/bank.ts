// The six sequencers in the chip: no instance while they are held in reset, one module instance once they are released.
//
//   held in reset --release--> idle --start--> running --catch up, again and again--> idle
//
// The module is a section of the firmware image in the core, as it was flashed. Its clock is the board's, counted from the release.
// It advances only when a register is accessed, and at the steps of the device. What must stay true: the state is the module's memory and
// the arena; a listener to the records changes neither.

import { Activity } from '../../../protocol/plant/energies.ts';
import { sequencerSectionName } from '../../../protocol/q1/module.ts';
import { customSection, ImageRefused } from '../cpu/cpu.ts';
import { type DeviceContext, FaultCause } from '../device.ts';
import { Actuator } from '../surroundings.ts';
import { type RecordSink, SequencerModule } from './sequencer-module.ts';

export class SequencerBank {
  /** Receives the records of this object's sequencers; times count from the release. Not part of the state. */
  listener: { kinds: readonly number[]; sink: RecordSink } | undefined;
  private readonly context: DeviceContext;
  private readonly firmware: () => Uint8Array | undefined;
  /** [0] time of their release. */
  private readonly releaseTime: Float64Array;
  private current: SequencerModule | undefined;
  /** An instance whose memory the next restore may take over. */
  private spare: SequencerModule | undefined;

  /** `firmware`: the module in the core now, as it is in flash. */
  constructor(context: DeviceContext, firmware: () => Uint8Array | undefined) {
    this.context = context;
    this.firmware = firmware;
    this.releaseTime = context.arena.isHistory(context.arena.floats(1));
  }

  get released(): boolean {
    return this.current !== undefined;
  }

  /** The module, with its clock at the present time. Refuses the access being handled while they are held in reset. */
  get module(): SequencerModule {
    if (!this.current)
      this.context.fault(
        FaultCause.BUS_STATE,
        'the sequencers are held in reset; write SEQUENCER.CONTROL.RELEASE first',
      );
    return this.current;
  }

  /** The present time on the module's clock. */
  get now(): number {
    return this.context.now - this.releaseTime[0];
  }

  release(): void {
    this.releaseTime[0] = this.context.now;
    try {
      this.current = new SequencerModule(this.bytes());
    } catch (refusal) {
      if (!(refusal instanceof ImageRefused)) throw refusal;
      this.context.fault(FaultCause.IMAGE_REFUSED, `${sequencerSectionName}: ${refusal.message}`);
    }
  }

  hold(): void {
    this.current = undefined;
  }

  /** Advances the sequencers to the board's time; a value of SequencerRun. */
  catchUp(): number {
    const { module, listener } = this;
    if (listener) module.listen(listener.kinds, listener.sink);
    const played = module.figure(0, 'PLAYED');
    const outcome = module.run(this.now);
    // In the off times of the duty nothing is played, so nothing heats.
    const duty = this.context.surroundings.actuators[Actuator.DUTY];
    this.context.count(Activity.EVENTS, (((module.figure(0, 'PLAYED') - played) >>> 0) * duty) / 100);
    if (listener) module.listen([], undefined);
    return outcome;
  }

  /** A copy of the state; undefined while they are held in reset. */
  save(reuse?: Uint8Array): Uint8Array | undefined {
    return this.current?.save(reuse);
  }

  /** Puts a state in place; the arena and the core's module have been restored already. */
  restore(state: Uint8Array | undefined): void {
    this.spare = this.current ?? this.spare;
    this.current = undefined;
    if (!state) return;
    this.current = SequencerModule.reuse(this.spare, this.bytes());
    this.current.restore(state);
  }

  /** The module in the running image; refuses the access being handled when there is none, or none that may run. */
  private bytes(): Uint8Array {
    const image = this.firmware();
    const bytes = image && customSection(image, sequencerSectionName);
    if (!bytes)
      this.context.fault(
        FaultCause.BUS_STATE,
        `the running image has no section ${sequencerSectionName}: no sequencers`,
      );
    return bytes;
  }
}
