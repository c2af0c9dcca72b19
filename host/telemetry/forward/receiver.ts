// The end above of a link (link-wire.ts): takes batches into its own log, and acknowledges what is durable there.
//
// What must stay true: an acknowledgement is sent when the log has said that it has the batch; a record that is there already is left out; one that cannot
// be read is put aside and does not hold up what is behind it.

import { decodeCbor, identityOf, numberedAs, TelemetryError } from '../../tools/telemetry/envelope.ts';
import { isUsualRecord } from '../../tools/telemetry/wire-cbor.ts';
import type { OwnRecords } from '../gateway/own-records.ts';
import { poisonedRecord, type Quarantine, type Quarantined } from '../gateway/quarantine.ts';
import type { LogEntry, RecordLog } from '../log/record-log.ts';
import {
  type ByteStream,
  encodeMessage,
  FrameReader,
  type LinkBatch,
  LinkError,
  linkVersion,
  takenEntry,
} from './link-wire.ts';

export interface ReceiverParts {
  log: RecordLog;
  own: OwnRecords;
  quarantine: Quarantine;
  nowNs: () => bigint;
  onEvent?: (event: { event: 'gateway' | 'gone' | 'refused'; from: string; reason?: string }) => void;
}

export class Receiver {
  private readonly parts: ReceiverParts;

  constructor(parts: ReceiverParts) {
    this.parts = parts;
  }

  /** Serves a connection until it ends. */
  serve(stream: ByteStream): void {
    const frames = new FrameReader();
    let from: string | undefined;
    let isOpen = true;
    // One after the other, so that answers come in the order of batches.
    let work = Promise.resolve();
    const end = (reason: string) => {
      if (!isOpen) return;
      isOpen = false;
      stream.close();
      if (from !== undefined) this.parts.onEvent?.({ event: 'gone', from, reason });
    };
    stream.onClose = end;
    stream.onBytes = (bytes) => {
      try {
        for (const message of frames.read(bytes)) {
          if ('hello' in message) {
            from = this.greet(message);
            stream.send(encodeMessage({ ready: linkVersion }));
          } else if ('batch' in message && from !== undefined) {
            const gateway = from;
            work = work
              .then(() => (isOpen ? this.take(stream, gateway, message) : undefined))
              .catch((error) => end(error.message));
          } else throw new LinkError('a message that this version of the link does not know');
        }
      } catch (error) {
        end((error as Error).message);
      }
    };
  }

  private greet({ hello, from }: { hello: number; from: string }): string {
    if (hello !== linkVersion)
      throw new LinkError(`the gateway speaks version ${hello} of the link, this is version ${linkVersion}`);
    this.parts.onEvent?.({ event: 'gateway', from });
    return `${from}`;
  }

  private async take(stream: ByteStream, from: string, { batch, entries }: LinkBatch): Promise<void> {
    if (!Array.isArray(entries)) throw new LinkError('a batch without entries');
    const { log, own, quarantine, nowNs } = this.parts;
    const poisoned: Quarantined[] = [];
    const given = entries.map(takenEntry).map((entry) => this.checked(entry, poisoned));
    if (poisoned.length > 0) quarantine.put(poisoned);
    const told = poisoned.map(poisonedRecord);
    const all = [...own.entries(told, nowNs()), ...given];
    // The gateway below waits for the answer with its next batch, which is as large as what has come to it meanwhile.
    const { taken, reason } = await log.append(all, 'now');
    if (taken === all.length) return stream.send(encodeMessage({ ack: batch }));
    const why = reason ?? 'the log takes no more';
    this.parts.onEvent?.({ event: 'refused', from, reason: why });
    stream.send(encodeMessage({ refused: batch, reason: why }));
  }

  /** A mark in place of a record that cannot be read. */
  private checked(entry: LogEntry, poisoned: Quarantined[]): LogEntry {
    if (isUsualRecord(entry.bytes, entry.device, entry.boot, entry.sequence)) return entry;
    try {
      const record = decodeCbor(entry.bytes);
      const { boot, sequence } = record;
      if (
        numberedAs(record.device, record.incarnation) === entry.device &&
        boot === entry.boot &&
        sequence === entry.sequence
      )
        return entry;
      throw new TelemetryError(`the record is ${identityOf(record)}, and was sent as another`);
    } catch (error) {
      if (!(error instanceof TelemetryError)) throw error;
      // A repeat was put aside before.
      if (!this.parts.log.knows(entry.device, entry))
        poisoned.push({
          device: entry.device,
          boot: entry.boot,
          sequence: entry.sequence,
          reason: error.message,
          record: Buffer.from(entry.bytes).toString('hex'),
        });
      return { ...entry, class: 'critical', bytes: new Uint8Array(0) };
    }
  }
}
