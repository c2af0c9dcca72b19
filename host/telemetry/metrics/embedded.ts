// The embedded default: what a gateway has in its log, watched and served over HTTP by the gateway itself, with nothing but Node.
//
//   DiskLog ──follower──> Watch (series, 24 hours, alerts) ──> api.ts ──> HTTP: /metrics, /api/..., the page
//
// What must stay true: it only looks. A log is full or lags as it would without it, but for the room that is kept for what was not watched yet.

import type { MetricName } from '../../../protocol/telemetry/metrics.ts';
import type { Anomaly } from '../anomaly/stream-watch.ts';
import { type Calibrator, EventCalibrations, type Permits } from '../calibration/event-calibrations.ts';
import { type OwnRecord, OwnRecords } from '../gateway/own-records.ts';
import { bufferSamples } from '../gateway-samples.ts';
import type { DiskLog } from '../log/disk-log.ts';
import type { Sample } from '../sample.ts';
import type { Time } from '../time.ts';
import type { AskedTarget, Page } from './api.ts';
import { type HttpPlace, type Served, serveHttp } from './serve.ts';
import { Watch } from './watch.ts';

/** Name of its reader in the log. */
const readerName = 'series';

export interface EmbeddedOptions {
  name: string;
  version: string;
  log: DiskLog;
  time: Time;
  place: HttpPlace;
  page?: Page;
  /** Those of the devices that it was told of. */
  cryostats: readonly string[];
  /** Deliveries upstream that were tried again. */
  retries: () => number;
}

export class Embedded {
  readonly watch: Watch;
  /** For people: http://host:port/ */
  readonly address: string;
  /** The devices that the gateway asks. */
  asked: () => readonly AskedTarget[] = () => [];
  private readonly served: Served;
  private readonly options: EmbeddedOptions;
  private readonly own: OwnRecords;
  private calibrations: EventCalibrations | undefined;
  private waiting: Sample[] = [];

  /** Throws the system's error where the port cannot be opened. */
  static async open(options: EmbeddedOptions): Promise<Embedded> {
    const { name, version, log, time, place, page } = options;
    const watch = new Watch(time);
    let embedded: Embedded | undefined;
    const targets = () => embedded?.asked() ?? [];
    const served = await serveHttp(place, { name, version, watch, buffer: () => log.status(), page, targets });
    embedded = new Embedded(options, watch, served);
    return embedded;
  }

  private constructor(options: EmbeddedOptions, watch: Watch, served: Served) {
    this.options = options;
    this.own = new OwnRecords(`${options.name}-watch`, options.log, options.time);
    watch.onAnomalies = (anomalies) => this.tell(anomalies.map(anomalyRecord));
    this.watch = watch;
    this.served = served;
    this.address = served.address;
  }

  /** Takes samples of what is in no record, such as the time that a command took. */
  add(samples: readonly Sample[]): void {
    this.waiting.push(...samples);
  }

  /** Until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.options;
    const { end } = log.status();
    await this.watch.run(log.follower(readerName), end, () => this.ownSamples(), signal);
  }

  async close(): Promise<void> {
    await this.calibrations?.end();
    await this.served.close();
  }

  /** Calibrates what events ask for, until it is closed. */
  calibrateBy(calibrator: Calibrator, permits: Permits): void {
    const { time } = this.options;
    const calibrations = new EventCalibrations({ calibrator, permits, time, tell: (records) => this.tell(records) });
    this.calibrations = calibrations;
    this.watch.onRecord = (record) => calibrations.take(record);
  }

  /** What happened here is a record of the log, as everything else. Where there is no room for it, it is not there. */
  private tell(records: readonly OwnRecord[]): void {
    const { log, time } = this.options;
    void log.append(this.own.entries(records, time.wallNs())).catch(() => {});
  }

  private ownSamples(): Sample[] {
    const { bytes, bytesMost, repeats, lag } = this.options.log.status();
    const cryostats = new Set(this.options.cryostats);
    for (const { cryostat } of this.watch.devices.values()) cryostats.add(cryostat);
    const set = (name: MetricName, value: number, labels: Record<string, string> = {}): Sample => ({
      ...{ name, labels, value, how: 'set' },
    });
    const samples = this.waiting;
    this.waiting = [];
    for (const cryostat of cryostats)
      samples.push(
        ...bufferSamples(cryostat, bytes, bytesMost),
        set('coldrig_gateway_records_repeated_total', repeats, { cryostat }),
      );
    for (const [reader, records] of Object.entries(lag))
      samples.push(set('coldrig_gateway_lag_records', records, { reader }));
    samples.push(set('coldrig_gateway_deliveries_retried_total', this.options.retries()));
    return samples;
  }
}

const anomalyRecord = ({ device, cryostat, quantity, reason }: Anomaly): OwnRecord => ({
  ...{ kind: 'anomaly', body: { of: device, ofCryostat: cryostat, quantity, reason } },
});
