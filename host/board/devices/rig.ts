// Shared by the tests of the devices: a machine with one device on it, and functions that act on it and report results.
// No core runs; registers are accessed by name through the real bus, and time passes through the real event queue.

import type { Device } from '../device.ts';
import { FaultCause, ResetCause } from '../device.ts';
import { ChipReset, Fault } from '../fault.ts';
import type { FlashPicture } from '../flash-array.ts';
import { LogKind, type LogRecord } from '../log.ts';
import { Machine } from '../machine.ts';
import { idealSamples, type SampleRequest } from '../samples.ts';
import type { Disturbance, Surroundings } from '../surroundings.ts';
import { QuietBench } from '../surroundings.ts';

export const microseconds = (count: number) => count * 1000;
export const milliseconds = (count: number) => count * 1_000_000;
export const seconds = (count: number) => count * 1_000_000_000;

export interface Sent {
  line: number;
  bytes: number[];
  timeNs: number;
}

export class Rig<D extends Device> {
  readonly machine: Machine;
  readonly device: D;
  /** The bursts that left the chip on serial lines. */
  readonly sent: Sent[] = [];
  readonly logged: LogRecord[] = [];

  constructor(make: (machine: Machine) => D, seed = 1, surroundings?: Surroundings) {
    this.machine = new Machine(seed, surroundings);
    this.device = this.machine.add(make(this.machine));
    this.machine.owner = {
      onBoardEvent: (kind) => {
        throw new Error(`rig: event ${kind} belongs to a board, and there is none`);
      },
      onTransmit: (line, bytes, timeNs) => this.sent.push({ line, bytes: [...bytes], timeNs }),
      onAccessCut: () => {},
      onRearm: () => {},
    };
    this.machine.logbook.listener = (record) => this.logged.push(record);
    this.machine.resetDevices(ResetCause.POWER_ON);
  }

  skip(ns: number): void {
    this.machine.advanceTo(this.machine.now + ns);
  }

  reset(cause: number = ResetCause.SOFTWARE): void {
    this.machine.resetDevices(cause);
  }

  cutPower(): void {
    this.machine.losePower();
  }

  powerOn(): void {
    this.machine.resetDevices(ResetCause.POWER_ON);
  }

  lineRaised(): boolean {
    return (this.machine.lines[0] & this.device.peripheral.line) !== 0;
  }

  snapshot(): () => void {
    const state = new Uint8Array(this.machine.arena.size);
    this.machine.seal();
    this.machine.arena.copyTo(state);
    const picture: FlashPicture = this.machine.flash.picture();
    return () => {
      this.machine.arena.copyFrom(state);
      this.machine.flash.show(picture);
    };
  }

  /** Log records of one kind. */
  records(kind: number): LogRecord[] {
    if (!Object.values(LogKind).includes(kind as never)) throw new Error(`rig: ${kind} is no kind of log record`);
    return this.logged.filter((record) => record.kind === kind);
  }
}

/** The name of the fault cause with which an access is refused, or what happened instead. */
export function refusal(access: () => unknown): string {
  try {
    access();
    return 'accepted';
  } catch (problem) {
    if (!(problem instanceof Fault)) throw problem;
    return nameOf(FaultCause, problem.faultCause);
  }
}

/** The name of the cause with which the chip is reset, or what happened instead. */
export function resetCauseOf(action: () => unknown): string {
  try {
    action();
    return 'no reset';
  } catch (problem) {
    if (!(problem instanceof ChipReset)) throw problem;
    return nameOf(ResetCause, problem.resetCause);
  }
}

function nameOf(values: Record<string, number>, value: number): string {
  const found = Object.entries(values).find(([, each]) => each === value);
  if (!found) throw new Error(`rig: ${value} is not one of ${Object.keys(values).join(', ')}`);
  return found[0];
}

/** Quiet surroundings in which a test sets readings of the chip, and sees what its actuators were set to. */
export class SetSurroundings implements Surroundings {
  readonly disturbances: Disturbance[] = [];
  actuators: Float64Array = new Float64Array();
  private readonly quiet = new QuietBench();
  private readonly set = new Map<number, number>();

  attach(): void {}

  advance(timeNs: number, actuators: Float64Array, counts: Float64Array, readings: Float64Array): void {
    this.quiet.advance(timeNs, actuators, counts, readings);
    for (const [place, value] of this.set) readings[place] = value;
    this.actuators = actuators;
  }

  disturb(disturbance: Disturbance): void {
    this.disturbances.push(disturbance);
  }

  sample(request: SampleRequest, into: Int32Array): void {
    idealSamples(request, into);
  }

  /** From the next look on the chip reads this value; undefined: the value on a quiet bench. */
  setReading(place: number, value: number | undefined): void {
    if (value === undefined) this.set.delete(place);
    else this.set.set(place, value);
  }
}
