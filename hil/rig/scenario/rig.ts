// What a scenario has in its hands: a device, time, and what is expected of it. A `Rig` uses only the wire, so the same scenario runs on the
// emulated board and on a device behind SMP. An `InsideRig` (inside.ts) is the emulated board with everything in it.
//
// What must stay true: on the emulated board all times are virtual and nothing waits; every failure is a `ScenarioFailure` with the time, what was
// expected, what was seen and the log before it.

import { parseImage } from '../../../host/tools/image/index.ts';
import { type LoggedBoot, readWholeBootLog } from '../../../host/tools/smp/boot-group.ts';
import { clearInterlock, readHeartbeat } from '../../../host/tools/smp/cryo.ts';
import { type ImageState, type SmpClient, SmpError } from '../../../host/tools/smp/index.ts';
import { type UpdateOptions, updateDevice } from '../../../host/tools/update.ts';
import type { UpdateResult } from '../../../host/tools/update-result.ts';
import { Beat } from '../../../protocol/telemetry/heartbeat.ts';
import { millisecond, second, timeOf, timeText } from '../time.ts';
import type { Chooser } from './choices.ts';
import { type Condition, conditionOf, type Expectation, isWanted, type Seen, wantedText } from './condition.ts';
import { ScenarioFailure } from './failure.ts';
import { baseImage, imageOfVersion, type RigSettings, versionAfter, versionOf } from './settings.ts';

/** How long to wait for something. */
export interface Within {
  ns: number;
}

/** The time in which something must become so: `within('200 ms')`. */
export const within = (time: string): Within => ({ ns: timeOf(time) });

/** A time that has passed, in the units of the field. */
export interface Span {
  ns: number;
  us: number;
  ms: number;
  s: number;
}

export interface Limits {
  unit: string;
  atLeast?: number;
  atMost?: number;
}

export interface Measurement extends Limits {
  name: string;
  value: number;
  ok: boolean;
}

export interface RigParts {
  client: SmpClient;
  settings: RigSettings;
  chooser: Chooser;
  /** Ends the scenario where it next lets time pass, which then throws the signal's reason. */
  signal?: AbortSignal;
}

/** Looks in a wait: so many at most, and none closer than a millisecond. */
const LOOKS = 10_000;
/** On the wire a look is a request, and each takes its time. */
const WIRE_LOOK_NS = 50 * millisecond;

export class Rig {
  /** The product's SMP client of this device. */
  readonly client: SmpClient;
  readonly settings: RigSettings;
  readonly measurements: Measurement[] = [];
  readonly notes: { timeNs: number; text: string }[] = [];
  protected readonly chooser: Chooser;
  private baseVersion: string | undefined;
  protected readonly beganNs: number;
  protected readonly signal: AbortSignal | undefined;

  constructor({ client, settings, chooser, signal }: RigParts) {
    this.signal = signal;
    this.client = client;
    this.settings = settings;
    this.chooser = chooser;
    this.beganNs = Math.round(client.transport.nowMs() * millisecond);
  }

  // --- time ------------------------------------------------------------------------------------------------------------

  /** Nanoseconds since the scenario began: virtual on the emulated board, real on a device behind SMP. */
  get now(): number {
    return Math.round(this.client.transport.nowMs() * millisecond) - this.beganNs;
  }

  /** Lets time pass. */
  async wait(time: string): Promise<void> {
    await this.pass(timeOf(time));
  }

  /** Waits until it is so, and returns how long that took: to the nanosecond for an event, to the look for others. Fails when the time is over. */
  async until<This extends Rig>(this: This, expectation: Expectation<This>, limit: Within): Promise<Span> {
    const condition = conditionOf(expectation);
    const start = this.now;
    const step = Math.max(this.lookNs, Math.round(limit.ns / LOOKS));
    for (;;) {
      const { ok, seen, atNs = this.now } = await lookAt(condition, this);
      if (ok) return spanOf(Math.max(0, atNs - start));
      const left = start + limit.ns - this.now;
      if (left <= 0) throw this.failure(`waited ${timeText(limit.ns)}`, condition.expected, seen);
      await this.pass(Math.min(step, left));
    }
  }

  /** Fails when it is not so now. */
  async check<This extends Rig>(this: This, ...expectations: Expectation<This>[]): Promise<void> {
    for (const expectation of expectations) {
      const condition = conditionOf(expectation);
      const { ok, seen } = await lookAt(condition, this);
      if (!ok) throw this.failure('checked', condition.expected, seen);
    }
  }

  /** Fails when it is not so at any look during this time. */
  async stays<This extends Rig>(this: This, condition: Condition<This>, time: string): Promise<void> {
    const end = this.now + timeOf(time);
    for (;;) {
      const { ok, seen } = await lookAt(condition, this);
      if (!ok) throw this.failure(`was to stay so for ${time}`, condition.expected, seen);
      if (this.now >= end) return;
      await this.pass(Math.min(Math.max(this.lookNs, Math.round(timeOf(time) / LOOKS)), end - this.now));
    }
  }

  // --- what is told of it ----------------------------------------------------------------------------------------------

  /** Declares a measurement with its unit and limits. It is in the report; a value outside of its limits fails the scenario. */
  measure(name: string, value: number, limits: Limits): number {
    const ok = Number.isFinite(value) && isWanted(value, limits);
    this.measurements.push({ name, value, ...limits, ok });
    if (!ok) throw this.failure(`measured '${name}'`, wantedText(limits, limits.unit), `${value} ${limits.unit}`);
    return value;
  }

  /** A line in the report. */
  note(text: string): void {
    this.notes.push({ timeNs: this.now, text });
  }

  /** A number below `most`: at random by the seed, each in turn (`vary: 'all'`), or as it was in an earlier run. */
  choose(most: number): number {
    return this.chooser.next(most);
  }

  /** One of these, chosen in the same way. */
  oneOf<Value>(values: readonly Value[]): Value {
    return values[this.chooser.next(values.length)];
  }

  get choices(): readonly number[] {
    return this.chooser.made;
  }

  /** Multiplies the work of a scenario that can do more or less of it; 1 unless `--effort` says otherwise. */
  get effort(): number {
    return this.settings.effort ?? 1;
  }

  // --- the device over its wire ----------------------------------------------------------------------------------------

  images(): Promise<ImageState[]> {
    return this.client.imageState();
  }

  /** The image that runs; undefined in safe mode. */
  async running(): Promise<ImageState | undefined> {
    return (await this.images()).find(({ active }) => active);
  }

  /** Every boot in the log of the device, oldest first. */
  bootLog(): Promise<LoggedBoot[]> {
    return readWholeBootLog(this.client);
  }

  /** A word of the heartbeat record. */
  async heartbeat(word: keyof typeof Beat): Promise<number> {
    return (await this.heartbeatRecord())[Beat[word]];
  }

  /** All words of the heartbeat record (protocol/telemetry/heartbeat.ts). */
  heartbeatRecord(): Promise<number[]> {
    return readHeartbeat(this.client);
  }

  /** Clears a tripped interlock, as an operator does; refused while its cause is there. */
  async clearInterlock(number: number): Promise<void> {
    await clearInterlock(this.client, number);
  }

  /** The version of the image under test, or so many minor versions after it. On a device, that is the image which ran at the first question. */
  async version(later = 0): Promise<string> {
    this.baseVersion ??= await this.findVersion();
    return versionAfter(this.baseVersion, later);
  }

  protected async findVersion(): Promise<string> {
    return versionOf(await baseImage(this.settings));
  }

  /** The firmware under test as an image of the next minor version, or of this one; `payload`: another module in its place. */
  async update(version?: string, payload?: Uint8Array): Promise<Uint8Array> {
    return imageOfVersion(this.settings, version ?? (await this.version(1)), payload);
  }

  /** Uploads an image, and returns the hash under which the device lists it. */
  async upload(image: Uint8Array): Promise<Uint8Array> {
    const { hash } = parseImage(image);
    if (hash === undefined) throw new TypeError('upload: the image has no hash to be listed by; sign it');
    await this.client.upload(image);
    return hash;
  }

  /** Marks an uploaded image for a trial and resets the device; returns when it answers again. */
  async tryImage(hash: Uint8Array): Promise<void> {
    await this.client.imageTest(hash);
    await this.reset();
  }

  /** Resets the device over SMP and waits until it answers again. */
  async reset(): Promise<void> {
    await this.client.reset();
    await this.client.waitUntilBack();
  }

  /** A whole update as `coldrig flash` makes it: upload, trial, confirm when healthy; the verdict is read from the device. */
  updateWith(image: Uint8Array, goal: UpdateOptions['goal'] = 'confirm'): Promise<UpdateResult> {
    return updateDevice(this.client, image, { goal });
  }

  /** The error with which the device refuses this; fails when it does not refuse it. */
  async refusal(request: Promise<unknown>): Promise<SmpError> {
    try {
      await request;
    } catch (error) {
      if (error instanceof SmpError && error.kind === 'device') return error;
      throw error;
    }
    throw this.failure('sent a request', 'the device refuses it', 'it did what was asked');
  }

  // --- for what is built on it -----------------------------------------------------------------------------------------

  /** The failure of an expectation, to be thrown. */
  failure(what: string, expected: string, seen: string): ScenarioFailure {
    return new ScenarioFailure({ timeNs: this.now, what, expected, seen, trace: this.trace() });
  }

  protected get lookNs(): number {
    return WIRE_LOOK_NS;
  }

  protected async pass(ns: number): Promise<void> {
    await this.client.pause(ns / millisecond, this.signal);
  }

  /** The last entries of the log, where there is one. */
  trace(): string[] {
    return [];
  }
}

/** A device behind SMP: its versions count from the image that runs. */
export class WireRig extends Rig {
  protected override async findVersion(): Promise<string> {
    return (await this.running())?.version ?? '0.0.0';
  }
}

/** A device that does not answer, or knows no such question, is not as it should be; it may be in a reset. */
async function lookAt<This>(condition: Condition<This>, rig: This): Promise<Seen> {
  try {
    return await condition.look(rig);
  } catch (error) {
    if (error instanceof SmpError) return { ok: false, seen: error.message };
    throw error;
  }
}

export const spanOf = (ns: number): Span => ({ ns, us: ns / 1e3, ms: ns / millisecond, s: ns / second });
