// The drift watch on the stream: learns what each watched series of each device is like, and says when it is no longer like that.
//
//   record ──samples──> series that are watched ──one look in ten seconds──> DriftWatch (whitened: host/tools/calibration/drift) ──> anomaly
//
// What must stay true: time is that of the records, so a stream that is read again gives the same anomalies; a device that was reset, or has other corrections, is
// learnt anew, because its figures are others then; a series is learnt and watched alone, and all of a device together raise one false alarm a week.

import { EventKind } from '../../../protocol/telemetry/events.ts';
import type { MetricName } from '../../../protocol/telemetry/metrics.ts';
import { WEEK_NS } from '../../tools/calibration/drift/detector.ts';
import { DriftWatch, type WatchedFigure } from '../../tools/calibration/watch.ts';
import type { TelemetryRecord } from '../../tools/telemetry/envelope.ts';
import type { Sample } from '../sample.ts';

export interface Anomaly {
  device: string;
  cryostat: string;
  /** Series, with what tells it from others of its device: `readout_snr_decibels 3`. */
  quantity: string;
  reason: string;
}

/** What is watched of every device: what counts as a change of it. Less is what electronics do all the time; more is worth a look. */
export const watchedSeries: Readonly<Partial<Record<MetricName, NonNullable<WatchedFigure['change']>>>> = {
  // 0.5 dB of 21.
  coldrig_readout_snr_decibels: { beyond: 0.025 },
  coldrig_flanges_temperature_kelvins: { beyond: 0.02 },
  coldrig_converter_effective_bits: { beyond: 0.02 },
};

const lookNs = 10e9;
const trainingLooks = 100;
/** Series of a device that share its false alarms: 96 channels and six thermometers. */
const seriesOfDevice = 102;
/** After a pause nothing is known about how neighbours resemble each other. */
const pauseLooks = 6;

interface Followed {
  watch: DriftWatch;
  lastNs: number;
}

export class StreamWatch {
  private readonly followed = new Map<string, Map<string, Followed>>();

  /** The samples of a record; what is no longer as it was. `isCalibrated`: now, by somebody; what that does to figures is no news, and nothing to learn from. */
  take(record: TelemetryRecord, samples: readonly Sample[], isCalibrated = false): Anomaly[] {
    const { device, kind, body } = record;
    if (kind === 'boot' || (kind === 'event' && body.event === EventKind.CALIBRATION)) this.followed.delete(device);
    const found: Anomaly[] = [];
    if (isCalibrated) return found;
    for (const { name, labels, value } of samples) {
      const change = watchedSeries[name];
      if (change === undefined || !Number.isFinite(value)) continue;
      const reason = this.look(device, quantityOf(name, labels), change, Number(record.deviceTimeNs), value);
      if (reason !== undefined)
        found.push({ device, cryostat: record.cryostat, quantity: quantityOf(name, labels), reason });
    }
    return found;
  }

  /** A device that is gone. */
  forget(device: string): void {
    this.followed.delete(device);
  }

  private look(
    device: string,
    quantity: string,
    change: NonNullable<WatchedFigure['change']>,
    ns: number,
    value: number,
  ): string | undefined {
    let own = this.followed.get(device);
    if (own === undefined) {
      own = new Map();
      this.followed.set(device, own);
    }
    let one = own.get(quantity);
    if (one !== undefined && ns - one.lastNs < lookNs) return undefined;
    if (one === undefined || ns - one.lastNs > pauseLooks * lookNs) {
      const options = { sampleNs: lookNs, training: trainingLooks, falseAlarmNs: seriesOfDevice * WEEK_NS };
      one = { watch: new DriftWatch([{ name: quantity, change, nodes: [] }], options), lastNs: ns };
      own.set(quantity, one);
    }
    one.lastNs = ns;
    return one.watch.take(ns, { [quantity]: value })[0]?.reason;
  }
}

function quantityOf(name: MetricName, { cryostat: _, device: __, ...labels }: Sample['labels']): string {
  return [name.replace('coldrig_', ''), ...Object.values(labels)].join(' ');
}
