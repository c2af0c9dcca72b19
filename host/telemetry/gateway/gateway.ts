// The gateway: polls each of its devices in a loop of its own, and takes what they tell into its log.
//
//   device ──read behind what is durable──> Intake ──> log ──> durable: the next read acknowledges it
//
// What must stay true: a device forgets a record only when the log has it, or has said that it has not; a device that is silent, slow or sends nonsense
// delays no other.

import { SmpError } from '../../tools/smp/error.ts';
import { numberedAs } from '../../tools/telemetry/envelope.ts';
import { ClaimWatch, claimAskMs } from '../calibration/claim-watch.ts';
import { commandSamples } from '../gateway-samples.ts';
import type { DiskLog } from '../log/disk-log.ts';
import type { JetStreamLog } from '../log/jetstream-log.ts';
import type { RecordLog, RecordNumber } from '../log/record-log.ts';
import type { Sample } from '../sample.ts';
import { rest, type Time } from '../time.ts';
import { givenUp, Intake } from './intake.ts';
import { OwnRecords } from './own-records.ts';
import type { Quarantine } from './quarantine.ts';
import { ReceiveClock } from './receive-clock.ts';
import { type DeviceAnswer, RecordNotMade, type TelemetrySource } from './source.ts';
import { Turns } from './turns.ts';

/** What a gateway tells while it runs, for people and programs. */
export type GatewayEvent =
  | { event: 'device'; target: string; device: string }
  | { event: 'silent'; target: string; reason: string }
  | { event: 'refused'; device: string; reason: string }
  | { event: 'renumbered'; device: string; incarnation: number }
  | { event: 'gave-up'; device: string; count: number }
  | { event: 'clock-stepped'; byMs: number }
  | { event: 'log-damaged'; reason: string };

export interface GatewayOptions {
  name: string;
  version: string;
  /** One on disk says what was damaged when it was opened, and what it gives up for its age; one on a server what that has lost. */
  log: RecordLog & Partial<Pick<DiskLog, 'damaged' | 'expired'> & Pick<JetStreamLog, 'losses'>>;
  quarantine: Quarantine;
  time: Time;
  /** From one poll of a device to the next, where it has told everything. */
  pollMs?: number;
  onEvent?: (event: GatewayEvent) => void;
  /** What is in no record: the time of commands. */
  onSamples?: (samples: readonly Sample[]) => void;
}

const againMs = { least: 500, most: 10_000 };
/** A timer may end a little before its time. */
const earlyMs = 5;
const stepMs = 5_000;
const expiryMs = 60_000;

export class Gateway {
  /** Records of devices that were stored. */
  stored = 0;
  /** Devices that answered their last poll. */
  readonly answering = new Set<TelemetrySource>();
  private readonly options: Required<Omit<GatewayOptions, 'onSamples'>> & Pick<GatewayOptions, 'onSamples'>;
  private readonly intake: Intake;
  private readonly claims = new ClaimWatch();
  private readonly steps: number[] = [];
  /** By device: how often its numbers have begun, and the name that its records have when they begin again. */
  private readonly incarnations = new Map<string, { incarnation: number; next: string }>();
  /** Devices whose records stay with them, told once. */
  private readonly refusing = new Set<string>();
  /** The loop that serves each device, while it is answered. */
  private readonly serving = new Map<string, TelemetrySource>();

  constructor(options: GatewayOptions) {
    this.options = { pollMs: 1_000, onEvent: () => {}, ...options };
    const { name, log, quarantine, time, onEvent } = this.options;
    const clock = new ReceiveClock(time, (byMs) => {
      this.steps.push(byMs);
      onEvent({ event: 'clock-stepped', byMs });
    });
    const own = new OwnRecords(name, log, time);
    this.intake = new Intake({ log, own, quarantine, nowNs: () => clock.nowNs() });
  }

  /** Until the signal is aborted. */
  async run(sources: readonly TelemetrySource[], signal: AbortSignal): Promise<void> {
    const { version, log } = this.options;
    const damaged = log.damaged === undefined ? [] : [{ kind: 'log-damaged', body: { file: log.damaged } } as const];
    await this.intake.tell([{ kind: 'started', body: { version } }, ...damaged]);
    const phases = sources.map((source, index) => ({ source, phase: index / sources.length }));
    const turns = new Turns(this.options.time, signal);
    await Promise.all([
      this.housekeep(signal),
      ...phases.map(({ source, phase }) => this.serve(source, phase, turns, signal)),
    ]);
  }

  /** Which device answers where, as far as it is known now. */
  asked(sources: readonly TelemetrySource[]): { target: string; cryostat: string; device?: string }[] {
    const devices = new Map([...this.serving].map(([device, source]) => [source, device]));
    return sources.map((source) => ({ target: source.target, cryostat: source.cryostat, device: devices.get(source) }));
  }

  /**
   * `phase`, 0 to 1: when in each period it is asked. Were the next poll a period after the answer, all that wait for one sync would be asked together from then
   * on, and more and more of them.
   */
  private async serve(source: TelemetrySource, phase: number, turns: Turns, signal: AbortSignal): Promise<void> {
    const { time, pollMs, onEvent } = this.options;
    const firstMs = time.monotonicMs() + phase * pollMs;
    const untilNextMs = () => {
      const sinceMs = time.monotonicMs() - firstMs;
      return (Math.floor((sinceMs + earlyMs) / pollMs) + 1) * pollMs - sinceMs;
    };
    let device: string | undefined;
    let wait = againMs.least;
    let claimAtMs = Number.NEGATIVE_INFINITY;
    try {
      while (!signal.aborted) {
        try {
          if (device === undefined) {
            device = this.claimed(await source.identify(signal), source);
            onEvent({ event: 'device', target: source.target, device });
          }
          const isMore = await this.poll(source, device, signal);
          if (time.monotonicMs() >= claimAtMs) {
            await this.askClaim(source, device, signal);
            claimAtMs = time.monotonicMs() + claimAskMs;
          }
          this.answering.add(source);
          wait = againMs.least;
          if (!isMore) await turns.after(untilNextMs());
        } catch (error) {
          if (signal.aborted) return;
          // Another device may answer there when it is back, and this one may be reached in another way by then.
          if (device !== undefined) this.serving.delete(device);
          device = undefined;
          if (this.answering.delete(source) || wait === againMs.least)
            onEvent({ event: 'silent', target: source.target, reason: (error as Error).message });
          await turns.after(wait);
          wait = Math.min(againMs.most, wait * 2);
        }
      }
    } finally {
      await source.close().catch(() => {});
    }
  }

  /** One loop a device: what it acknowledges is durable because it has waited for it. */
  private claimed(device: string, source: TelemetrySource): string {
    const other = this.serving.get(device);
    if (other !== undefined)
      throw new Error(`it is device ${device}, which ${other.target} reaches already: leave one of the two out`);
    this.serving.set(device, source);
    return device;
  }

  /** Whether to ask again at once. */
  private async poll(source: TelemetrySource, device: string, signal: AbortSignal): Promise<boolean> {
    const incarnation = this.incarnationOf(device);
    const after = this.options.log.lastOf(numberedAs(device, incarnation));
    let answer: DeviceAnswer;
    try {
      answer = await this.read(source, device, after, signal);
    } catch (error) {
      if (!(error instanceof RecordNotMade) || after === undefined) throw error;
      return this.renumber(source, device, after, signal);
    }
    const { more } = answer;
    const { stored, refusal } = await this.intake.take({ device, incarnation, cryostat: source.cryostat }, answer);
    this.stored += stored;
    if (refusal === undefined) this.refusing.delete(device);
    else if (!this.refusing.has(device)) {
      this.refusing.add(device);
      this.options.onEvent({ event: 'refused', device, reason: refusal });
    }
    return more && refusal === undefined && stored > 0;
  }

  /** How often the numbers of a device have begun, as far as the log knows. */
  private incarnationOf(device: string): number {
    let known = this.incarnations.get(device);
    // The name is kept: to put it together costs more than to look for it.
    if (known === undefined || this.options.log.lastOf(known.next) !== undefined) {
      let incarnation = known?.incarnation ?? 1;
      while (this.options.log.lastOf(numberedAs(device, incarnation + 1)) !== undefined) incarnation++;
      known = { incarnation, next: numberedAs(device, incarnation + 1) };
      this.incarnations.set(device, known);
    }
    return known.incarnation;
  }

  /** Its numbers have begun again: without a name of their own, its new records would be taken for repeats. */
  private async renumber(
    source: TelemetrySource,
    device: string,
    last: RecordNumber,
    signal: AbortSignal,
  ): Promise<boolean> {
    if ((await source.identify(signal)) !== device) throw new Error('another device answers there now');
    const incarnation = this.incarnationOf(device) + 1;
    const body = { of: device, incarnation, lastBoot: last.boot, lastSequence: last.sequence };
    // After a kill before the first record it is told again, with the same number.
    if (!(await this.intake.tell([{ kind: 'renumbered', body, cryostat: source.cryostat }])))
      throw new Error('its numbers have begun again, and the log has no room to say so');
    this.incarnations.set(device, { incarnation, next: numberedAs(device, incarnation + 1) });
    this.options.onEvent({ event: 'renumbered', device, incarnation });
    return true;
  }

  /** Puts on record that a client calibrates, as far as it says so. */
  private async askClaim(source: TelemetrySource, device: string, signal: AbortSignal): Promise<void> {
    if (source.claim === undefined) return;
    const claim = await source.claim(signal);
    const { cryostat } = source;
    const told = this.claims.take({ device, cryostat }, claim, this.options.time.monotonicMs());
    if (told.length > 0) await this.intake.tell(told);
  }

  private async read(
    source: TelemetrySource,
    device: string,
    after: RecordNumber | undefined,
    signal: AbortSignal,
  ): Promise<DeviceAnswer> {
    const { time, onSamples } = this.options;
    if (onSamples === undefined) return source.read(after, signal);
    const startMs = time.monotonicMs();
    const ended = (error?: string) => {
      const seconds = (time.monotonicMs() - startMs) / 1000;
      onSamples(commandSamples({ cryostat: source.cryostat, device, method: 'telemetry.read', seconds, error }));
    };
    try {
      const answer = await source.read(after, signal);
      ended();
      return answer;
    } catch (error) {
      // A refusal is an answer. Few kinds, because each is a series.
      if (!signal.aborted)
        ended(error instanceof SmpError ? (error.kind === 'device' ? undefined : error.kind) : 'other');
      throw error;
    }
  }

  /** Puts on record what has happened to the clock, and what the log has lost or gives up. */
  private async housekeep(signal: AbortSignal): Promise<void> {
    for (let passed = 0; !signal.aborted; passed += stepMs) {
      await rest(this.options.time, stepMs, signal);
      await this.tellSteps();
      await this.tellLosses();
      if (passed % expiryMs === 0) await this.giveUpOld();
    }
  }

  private async tellSteps(): Promise<void> {
    const steps = this.steps.slice();
    const body = (byMs: number) => ({ byMilliseconds: Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, byMs)) });
    if (
      steps.length > 0 &&
      (await this.intake.tell(steps.map((byMs) => ({ kind: 'clock-stepped', body: body(byMs) }))))
    )
      this.steps.splice(0, steps.length);
  }

  private async tellLosses(): Promise<void> {
    const { log, onEvent } = this.options;
    const losses = log.losses?.slice() ?? [];
    if (losses.length === 0) return;
    if (!(await this.intake.tell(losses.map((file) => ({ kind: 'log-damaged', body: { file } }))))) return;
    for (const reason of log.losses?.splice(0, losses.length) ?? []) onEvent({ event: 'log-damaged', reason });
  }

  private async giveUpOld(): Promise<void> {
    const { log, onEvent } = this.options;
    const expired = log.expired?.();
    if (expired === undefined) return;
    const { losses, remove } = expired;
    const told = losses.map(({ device, count, first, last }) => ({
      ...givenUp(device, count, first, last, 'they waited too long'),
      // Records of a gateway below: their cryostat is known to that one.
      cryostat: this.serving.get(device)?.cryostat,
    }));
    if (told.length > 0 && !(await this.intake.tell(told))) return;
    for (const { device, count } of losses) onEvent({ event: 'gave-up', device, count });
    remove();
  }
}
