// Calibrations that an event asks for: a readout channel tells its states apart no more, so it is calibrated, and what came of it is on record.
//
//   READOUT_LOST ──> requested ──one at a time on a device──> permitted? ──> begun ──> stored | nothing-to-do ──> what was lost meanwhile
//                                                              └──> refused     └──> failed, also at the deadline ──> once more ──> stopped, until somebody has looked
//
// What must stay true: at most one calibration on a device; each has an end, because of its deadline; a device whose calibration fails twice is left alone until it
// boots or has other corrections, so that nothing calibrates for ever what is broken; nothing begins without somebody's credential that is good until the deadline,
// the record names who that is, and what was begun ends when the credential is taken away. Who calibrates, and by which credential, is passed in.

import { EventKind } from '../../../protocol/telemetry/events.ts';
import type { TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import type { OwnRecord } from '../gateway/own-records.ts';
import type { Time } from '../time.ts';

export interface CalibrationRequest {
  device: string;
  cryostat: string;
  channels: readonly number[];
}

export interface CalibrationResult {
  /** Corrections were stored on the device; false: all was in its limits. */
  isStored: boolean;
  /** In words: what was calibrated. */
  what: string;
}

/** Calibrates channels of a device. Rejects where it cannot, and soon after the signal is aborted. */
export type Calibrator = (request: CalibrationRequest, signal: AbortSignal) => Promise<CalibrationResult>;

/** In whose name a device may be calibrated from now on until then, in milliseconds since 1970; or why not. */
export type Permits = (device: string, during: readonly [fromMs: number, untilMs: number]) => Permit;
export type Permit = { by: string } | { refusal: string };

export interface EventCalibrationOptions {
  calibrator: Calibrator;
  permits: Permits;
  time: Time;
  /** Puts records of the gateway into its log. */
  tell: (records: readonly OwnRecord[]) => void;
  deadlineMs?: number;
}

const usualDeadlineMs = 15 * 60_000;
const failuresMost = 2;
/** When a refusal is asked for again, and when what failed is tried once more: a device tells once that a channel is lost. */
const againMs = 60_000;
/** How often a calibration that runs looks whether it still may. */
const lookMs = 10_000;
/** Records come late: corrections that are told so soon after a calibration are its own. */
const ownMs = 60_000;

interface DeviceStatus {
  cryostat: string;
  /** Channels that were lost, and are not being calibrated. */
  lost: Set<number>;
  /** Channels that are being calibrated, and are still lost as far as the device has told. */
  inWork: Set<number>;
  isBusy: boolean;
  /** In a row. */
  failures: number;
  /** When the last one ended. */
  endedMs: number;
  /** Why it may not be calibrated, as it was told last. */
  refusal?: string;
  /** Ends the wait until it is tried again; undefined: it does not wait. */
  cancel?: () => void;
}

const newStatus = (cryostat: string): DeviceStatus => ({
  ...{ cryostat, lost: new Set(), inWork: new Set(), isBusy: false, failures: 0, endedMs: Number.NEGATIVE_INFINITY },
});

export class EventCalibrations {
  private readonly options: Required<EventCalibrationOptions>;
  private readonly statuses = new Map<string, DeviceStatus>();
  private readonly working = new Set<Promise<void>>();
  private readonly life = new AbortController();

  constructor(options: EventCalibrationOptions) {
    this.options = { deadlineMs: usualDeadlineMs, ...options };
  }

  /** A record of a device, as it comes. */
  take({ device, cryostat, kind, body }: TelemetryRecord): void {
    const endedMs = this.statuses.get(device)?.endedMs ?? Number.NEGATIVE_INFINITY;
    const isOwn = this.options.time.monotonicMs() - endedMs <= ownMs;
    if (kind === 'boot') this.statuses.get(device)?.lost.clear();
    if (kind === 'boot' || (kind === 'event' && body.event === EventKind.CALIBRATION && !isOwn)) this.restart(device);
    if (kind !== 'event') return;
    const channel = Number(body.argument0);
    if (body.event === EventKind.READOUT_BACK) this.back(device, channel);
    if (body.event !== EventKind.READOUT_LOST) return;
    const status = this.statuses.get(device) ?? newStatus(cryostat);
    status.cryostat = cryostat;
    this.statuses.set(device, status);
    status.lost.add(channel);
    this.begin(device);
  }

  /** Ends what is being done, and waits for it. */
  async end(): Promise<void> {
    this.life.abort(new Error('the gateway ends'));
    for (const { cancel } of this.statuses.values()) cancel?.();
    await Promise.all(this.working);
  }

  /** Somebody has done something about it. What is lost all the same is tried in a while; after a boot the device tells anew what is. */
  private restart(device: string): void {
    const status = this.statuses.get(device);
    if (status === undefined || status.isBusy) return;
    status.failures = 0;
    if (status.cancel === undefined) this.wait(device, status, []);
  }

  private back(device: string, channel: number): void {
    const status = this.statuses.get(device);
    status?.lost.delete(channel);
    status?.inWork.delete(channel);
  }

  private begin(device: string): void {
    const status = this.statuses.get(device);
    if (status === undefined || status.isBusy || status.lost.size === 0 || this.life.signal.aborted) return;
    if (status.failures >= failuresMost) return;
    status.isBusy = true;
    status.cancel?.();
    status.cancel = undefined;
    const work = this.calibrate(device, status).finally(() => {
      this.working.delete(work);
      status.isBusy = false;
      status.endedMs = this.options.time.monotonicMs();
      if (status.cancel === undefined) this.begin(device);
    });
    this.working.add(work);
  }

  /** The channels are tried again in a while. */
  private wait(device: string, status: DeviceStatus, channels: Iterable<number>): void {
    if (this.life.signal.aborted) return;
    for (const channel of channels) status.lost.add(channel);
    status.cancel?.();
    status.cancel = this.options.time.after(againMs, () => {
      status.cancel = undefined;
      this.begin(device);
    });
  }

  /** The channels wait until somebody's credential is there; told once. */
  private hold(
    device: string,
    status: DeviceStatus,
    channels: readonly number[],
    refusal: string,
    tell: (state: string, reason: string) => void,
  ): void {
    if (status.refusal !== refusal) tell('refused', refusal);
    status.refusal = refusal;
    this.wait(device, status, channels);
  }

  private permit(device: string, forMs: number): Permit {
    const nowMs = Number(this.options.time.wallNs() / 1_000_000n);
    return this.options.permits(device, [nowMs, nowMs + forMs]);
  }

  private async calibrate(device: string, status: DeviceStatus): Promise<void> {
    const { calibrator, time, deadlineMs } = this.options;
    const channels = [...status.lost].sort((one, other) => one - other);
    status.lost.clear();
    status.inWork = new Set(channels);
    const { cryostat } = status;
    const because = `READOUT_LOST ${channels.join(', ')}`;
    const tell = (state: string, reason: string) =>
      this.options.tell([{ kind: 'calibration', body: { of: device, ofCryostat: cryostat, because, state, reason } }]);
    const permit = this.permit(device, deadlineMs);
    if ('refusal' in permit) return this.hold(device, status, channels, permit.refusal, tell);
    status.refusal = undefined;
    tell('begun', `channels ${channels.join(', ')}, in the name of ${permit.by}`);
    const deadline = new AbortController();
    const endMs = time.monotonicMs() + deadlineMs;
    let cancel = () => {};
    const look = () => {
      const [restMs, now] = [endMs - time.monotonicMs(), this.permit(device, 0)];
      if (restMs <= 0) deadline.abort(new Error(`it took longer than ${deadlineMs / 1000} s`));
      else if ('refusal' in now) deadline.abort(new Error(`it may no longer: ${now.refusal}`));
      else cancel = time.after(Math.min(lookMs, restMs), look);
    };
    look();
    try {
      const signal = AbortSignal.any([deadline.signal, this.life.signal]);
      const { isStored, what } = await endedBy(signal, calibrator({ device, cryostat, channels }, signal));
      status.failures = 0;
      tell(isStored ? 'stored' : 'nothing-to-do', what);
    } catch (error) {
      status.failures++;
      tell('failed', (error as Error).message);
      this.wait(device, status, status.inWork);
      if (status.failures >= failuresMost)
        tell(
          'stopped',
          `it failed ${status.failures} times; nothing is calibrated until the device boots or has other corrections`,
        );
    } finally {
      cancel();
    }
  }
}

/** A calibrator that does not end is not waited for. */
function endedBy<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
