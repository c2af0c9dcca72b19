// Reads the telemetry of one device over SMP, and acknowledges it.
//
//   poll: ──acknowledge what was written──> device ──records behind it──> name them, leave repeats out ──> write(records) ──> written
//
// What must stay true: a record is acknowledged only after `write` has come to its end without an error; a record is given to `write` once while this client
// lives, and again after that only when it was not acknowledged. A lost answer, a reset of the device and a device that is away change nothing of this.

import { SmpGroup } from '../../../protocol/smp/smp.ts';
import { TelemetryCommand, TelemetryError as TelemetryErrorCode } from '../../../protocol/smp/telemetry.ts';
import { readFuseReport } from '../smp/boot-group.ts';
import { SmpError } from '../smp/error.ts';
import { Fields } from '../smp/fields.ts';
import type { RequestOptions, SmpSession } from '../smp/session.ts';
import { TelemetryError, type TelemetryRecord } from './envelope.ts';
import { GapWatch, type TelemetryGap, type TelemetryPosition } from './gaps.ts';
import { recordOfWire } from './wire.ts';

/** An answer of the device, its records as they came. */
export interface TelemetryAnswer {
  /** Version of the schema that the device writes. */
  schema: number;
  /** The boot that runs, and the number of its next record. */
  boot: number;
  next: number;
  records: unknown[];
  /** There are records behind the last one. */
  more: boolean;
}

export interface TelemetryClientOptions {
  /** What the cryostat of the device is called. */
  cryostat: string;
  /** Time of the client since 1970 in nanoseconds. */
  timeNs: () => bigint;
  /** The last record that was written in an earlier life of the client; left out: from the oldest that the device keeps. */
  position?: TelemetryPosition;
  /** Whether what was written is acknowledged, so that the device forgets it; true when left out. Without, the records stay for another client. */
  acknowledges?: boolean;
  /** Most records in an answer; as many as fit when left out. */
  most?: number;
}

export interface TelemetryPoll {
  /** Records that were written. */
  written: number;
  /** Records that had been written before. */
  repeats: number;
  /** Missing numbers that the device has not told of: lost, or taken by another client. Known once there is no `more`. */
  gaps: TelemetryGap[];
  /** There are more: ask at once. */
  more: boolean;
}

/**
 * One request. Behind `position`, from the oldest without; with `acknowledges` the device forgets everything up to there first. The same request may be
 * sent again: it gives the same records.
 */
export async function readTelemetry(
  session: SmpSession,
  request: { position?: TelemetryPosition; acknowledges?: boolean; most?: number } = {},
  options?: RequestOptions,
): Promise<TelemetryAnswer> {
  const what = 'telemetry';
  const { position, acknowledges = false, most } = request;
  const command = { what, group: SmpGroup.TELEMETRY, command: TelemetryCommand.RECORDS, write: acknowledges };
  const fields = new Fields(
    await session.request(command, { boot: position?.boot, seq: position?.sequence, max: most }, options),
    what,
  );
  return {
    ...{ schema: fields.count('schema'), boot: fields.count('boot'), next: fields.count('next') },
    ...{ records: fields.list('records'), more: fields.flag('more') },
  };
}

export class TelemetryClient {
  readonly session: SmpSession;
  private readonly options: TelemetryClientOptions;
  private readonly watch: GapWatch;
  private serial: string | undefined;

  constructor(session: SmpSession, options: TelemetryClientOptions) {
    this.session = session;
    this.options = options;
    this.watch = new GapWatch(options.position);
  }

  /** The last record that was written. */
  get position(): TelemetryPosition | undefined {
    return this.watch.position;
  }

  /** Serial number of the device; asked for once. */
  async device(options?: RequestOptions): Promise<string> {
    this.serial ??= Buffer.from((await readFuseReport(this.session, options)).serial).toString('hex');
    return this.serial;
  }

  /** Acknowledges what was written, and writes what has come since. An error of `write` is passed on, and the same records come again. */
  async poll(
    write: (records: readonly TelemetryRecord[]) => Promise<void> | void,
    options?: RequestOptions,
  ): Promise<TelemetryPoll> {
    const device = await this.device(options);
    const answer = await this.ask(device, options);
    const reception = { device, cryostat: this.options.cryostat, receiveTimeNs: this.options.timeNs() };
    // On a copy, so that records that could not be written are not taken.
    const watch = new GapWatch(this.watch.position);
    watch.open = [...this.watch.open];
    const records = answer.records.map((wire) => recordOfWire(wire, answer.schema, reception));
    const fresh = records.filter((record) => watch.take(record));
    if (fresh.length > 0) await write(fresh);
    this.watch.position = watch.position;
    this.watch.open = watch.open;
    const gaps = answer.more ? [] : this.watch.takeOpen();
    return { written: fresh.length, repeats: records.length - fresh.length, gaps, more: answer.more };
  }

  /** Acknowledges what was written, for a client that ends. */
  async acknowledge(options?: RequestOptions): Promise<void> {
    if (this.options.acknowledges === false || this.position === undefined) return;
    await readTelemetry(this.session, { position: this.position, acknowledges: true, most: 1 }, options);
  }

  private async ask(device: string, options?: RequestOptions): Promise<TelemetryAnswer> {
    const { position } = this;
    const acknowledges = this.options.acknowledges !== false && position !== undefined;
    try {
      return await readTelemetry(this.session, { position, acknowledges, most: this.options.most }, options);
    } catch (error) {
      const isRefused = error instanceof SmpError && error.group === SmpGroup.TELEMETRY;
      if (!isRefused || error.code !== TelemetryErrorCode.NOT_TOLD) throw error;
      throw new TelemetryError(
        `telemetry of ${device}: it has made no record ${position?.boot}/${position?.sequence}, so this position is of another device or of its boot log before it was erased; begin without a position`,
      );
    }
  }
}
