// Calibrations that an event asks for: a readout channel tells its states apart no more, so it is calibrated, and what came of it is on record.
//
//   READOUT_LOST ──> requested ──one at a time on a device──> begun ──> stored | nothing-to-do ──> what was lost meanwhile
//                                                              └──> failed, also at the deadline ──twice in a row──> stopped, until somebody has looked
//
// What must stay true: at most one calibration on a device; each has an end, because of its deadline; a device whose calibration fails twice is left alone until it
// boots or has other corrections, so that nothing calibrates for ever what is broken. Who calibrates, and with which rights, is passed in (Calibrator).

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

/**
 * Calibrates channels of a device. Rejects where it cannot, and soon after the signal is aborted. Rights that last only as long as this (a certificate of a few
 * minutes, for one) are asked for in here, and given back before it ends.
 */
export type Calibrator = (request: CalibrationRequest, signal: AbortSignal) => Promise<CalibrationResult>;

export interface EventCalibrationOptions {
  calibrator: Calibrator;
  time: Time;
  /** Puts records of the gateway into its log. */
  tell: (records: readonly OwnRecord[]) => void;
  deadlineMs?: number;
}

const usualDeadlineMs = 15 * 60_000;
const failuresMost = 2;
/** Records come late: corrections that are told so soon after a calibration are its own. */
const ownMs = 60_000;

interface Patient {
  cryostat: string;
  /** Channels that were lost, and are not being calibrated. */
  lost: Set<number>;
  isBusy: boolean;
  /** In a row. */
  failures: number;
  /** When the last one ended. */
  endedMs: number;
}

const newPatient = (cryostat: string): Patient => ({
  ...{ cryostat, lost: new Set(), isBusy: false, failures: 0, endedMs: Number.NEGATIVE_INFINITY },
});

export class EventCalibrations {
  private readonly options: Required<EventCalibrationOptions>;
  private readonly patients = new Map<string, Patient>();
  private readonly working = new Set<Promise<void>>();
  private readonly life = new AbortController();

  constructor(options: EventCalibrationOptions) {
    this.options = { deadlineMs: usualDeadlineMs, ...options };
  }

  /** A record of a device, as it comes. */
  take({ device, cryostat, kind, body }: TelemetryRecord): void {
    const endedMs = this.patients.get(device)?.endedMs ?? Number.NEGATIVE_INFINITY;
    const isOwn = this.options.time.monotonicMs() - endedMs <= ownMs;
    if (kind === 'boot' || (kind === 'event' && body.event === EventKind.CALIBRATION && !isOwn)) this.restart(device);
    if (kind !== 'event') return;
    const channel = Number(body.argument0);
    if (body.event === EventKind.READOUT_BACK) this.patients.get(device)?.lost.delete(channel);
    if (body.event !== EventKind.READOUT_LOST) return;
    const patient = this.patients.get(device) ?? newPatient(cryostat);
    patient.cryostat = cryostat;
    this.patients.set(device, patient);
    patient.lost.add(channel);
    this.begin(device);
  }

  /** Ends what is being done, and waits for it. */
  async end(): Promise<void> {
    this.life.abort(new Error('the gateway ends'));
    await Promise.all(this.working);
  }

  /** Somebody has done something about it. */
  private restart(device: string): void {
    const patient = this.patients.get(device);
    if (patient !== undefined && !patient.isBusy) patient.failures = 0;
  }

  private begin(device: string): void {
    const patient = this.patients.get(device);
    if (patient === undefined || patient.isBusy || patient.lost.size === 0 || this.life.signal.aborted) return;
    if (patient.failures >= failuresMost) return;
    patient.isBusy = true;
    const work = this.calibrate(device, patient).finally(() => {
      this.working.delete(work);
      patient.isBusy = false;
      patient.endedMs = this.options.time.monotonicMs();
      this.begin(device);
    });
    this.working.add(work);
  }

  private async calibrate(device: string, patient: Patient): Promise<void> {
    const { calibrator, time, deadlineMs } = this.options;
    const channels = [...patient.lost].sort((one, other) => one - other);
    patient.lost.clear();
    const { cryostat } = patient;
    const because = `READOUT_LOST ${channels.join(', ')}`;
    const tell = (state: string, reason: string) =>
      this.options.tell([{ kind: 'calibration', body: { of: device, ofCryostat: cryostat, because, state, reason } }]);
    tell('begun', `channels ${channels.join(', ')}`);
    const deadline = new AbortController();
    const cancel = time.after(deadlineMs, () =>
      deadline.abort(new Error(`it took longer than ${deadlineMs / 1000} s`)),
    );
    try {
      const signal = AbortSignal.any([deadline.signal, this.life.signal]);
      const { isStored, what } = await endedBy(signal, calibrator({ device, cryostat, channels }, signal));
      patient.failures = 0;
      tell(isStored ? 'stored' : 'nothing-to-do', what);
    } catch (error) {
      patient.failures++;
      tell('failed', (error as Error).message);
      if (patient.failures >= failuresMost)
        tell(
          'stopped',
          `it failed ${patient.failures} times; nothing is calibrated until the device boots or has other corrections`,
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
