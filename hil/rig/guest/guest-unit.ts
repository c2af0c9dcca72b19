// One part of a guest, alone on the chip's real devices: a test calls what the part exports, sets the chip’s readings, and reads registers.
//
// Nothing boots and no interrupt runs: time passes when a test lets it, and tasks run when a test calls them. What must stay true: every
// write of the guest is kept with its register's name, so that a test can say who touched what, and in which order.

import { SetSurroundings } from '../../../host/board/devices/rig.ts';
import { GuestMachine } from '../../../host/board/guest-machine.ts';
import { Reading } from '../../../host/board/surroundings.ts';
import { type CompileOptions, instantiateGuest } from '../../../host/tools/guest.ts';
import { INTERLOCK, type PeripheralEntry, peripheralTable } from '../../../protocol/generated/registers.ts';
import { channelSensors } from '../../../protocol/plant/places.ts';
import { curves } from '../../../protocol/sensors/curves.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';

export { millisecond, second } from '../time.ts';

/** A write of the guest: `OUTPUTS.ENABLE`, and what. */
export interface Written {
  register: string;
  value: number;
}

type Calls = Record<string, (...values: number[]) => number>;

export class GuestUnit<Part extends Record<keyof Part, (...values: never[]) => unknown> = Calls> {
  readonly surroundings = new SetSurroundings();
  readonly board = new GuestMachine(this.surroundings);
  readonly written: Written[] = [];
  part!: Part;

  /** The part whose entry is this file, path from the repository's root. */
  static async of<Part extends Record<keyof Part, (...values: never[]) => unknown> = Calls>(
    entry: string,
    options: CompileOptions = {},
  ): Promise<GuestUnit<Part>> {
    const unit = new GuestUnit<Part>();
    const { bus } = unit.board;
    unit.part = (await instantiateGuest<Record<string, unknown>>(
      entry,
      {
        read32: bus.read32,
        write32: (address, value) => {
          unit.written.push({ register: registerAt(address >>> 0), value: value >>> 0 });
          bus.write32(address, value);
        },
      },
      options,
    )) as unknown as Part;
    return unit;
  }

  /** Lets time pass; scans and alarms happen, no guest code runs. */
  skip(ns: number): void {
    const { machine } = this.board;
    machine.advanceTo(machine.now + ns);
  }

  /** From this moment on the chip reads this; undefined: what it would on a quiet bench. */
  setReading(place: number, value: number | undefined): void {
    this.surroundings.setReading(place, value);
    this.board.machine.surroundings.look();
  }

  /** These channels are at this temperature from now on. */
  heat(kelvin: number, ...channels: number[]): void {
    for (const channel of channels) {
      const curve = curves[channelSensors[channel]];
      this.setReading(Reading.THERMOMETER + channel, Math.round(curve.readingOf(kelvin) * curve.stepsPerUnit));
    }
  }

  peek<P extends PeripheralEntry>(peripheral: P, register: keyof P['registers'] & string, index = 0): number {
    return this.board.machine.peek(peripheral, register, index);
  }

  /** Puts an interlock into the latch, as its judge would; the value is what it measured. */
  trip(interlock: number): void {
    this.board.machine.poke(INTERLOCK, 'TRIPPED', 2 ** interlock);
  }

  /** Takes it out again. */
  clear(interlock: number): void {
    const key = INTERLOCK.registers.CLEAR.fields.KEY;
    this.board.machine.poke(INTERLOCK, 'CLEAR', interlock + key.values.KEY * 2 ** key.shift);
  }

  /** Registers the guest has written since the last look, each once, in order. */
  takeWritten(): string[] {
    return [...new Set(this.written.splice(0).map(({ register }) => register))];
  }

  /** Recorded events of one kind: their arguments. */
  events(kind: keyof typeof EventKind): number[][] {
    return this.board.recorder
      .events()
      .filter((event) => event.kind === EventKind[kind])
      .map(({ argument0, argument1 }) => [argument0, argument1]);
  }
}

function registerAt(address: number): string {
  for (const peripheral of peripheralTable)
    for (const [name, { offset, count }] of Object.entries(peripheral.registers)) {
      const from = peripheral.base + offset;
      if (address >= from && address < from + 4 * count) return `${peripheral.name}.${name}`;
    }
  return `0x${address.toString(16)}`;
}
