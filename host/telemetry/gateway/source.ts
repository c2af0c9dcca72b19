// Where a gateway gets the records of one device from: a device by SMP (smp-source.ts), or one that a test plays.

import type { Claim } from '../calibration/claim-watch.ts';
import type { RecordNumber } from '../log/record-log.ts';

/** Records of a device, as it sent them (protocol/telemetry/records.ts). */
export interface DeviceAnswer {
  /** Version of the schema that the device writes. */
  schema: number;
  records: readonly unknown[];
  /** There are records behind the last one. */
  more: boolean;
}

/** The device has not made the record up to which it was told to forget: its numbers have begun again. */
export class RecordNotMade extends Error {
  override readonly name = 'RecordNotMade';
}

export interface TelemetrySource {
  /** For messages: how the device is reached. */
  readonly target: string;
  readonly cryostat: string;
  /** Serial number of the device. */
  identify(signal: AbortSignal): Promise<string>;
  /**
   * The records behind a number, which the device may forget with everything before it. Without: from the oldest that it keeps. Throws RecordNotMade where the
   * device has no such record.
   */
  read(after: RecordNumber | undefined, signal: AbortSignal): Promise<DeviceAnswer>;
  /** Who works with its readout, as far as clients say so. Left out: such a device has none. */
  claim?(signal: AbortSignal): Promise<Claim>;
  close(): Promise<void>;
}
