// Gateways below: takes their records over TLS into a log.

import { OwnRecords } from '../gateway/own-records.ts';
import type { Quarantine } from '../gateway/quarantine.ts';
import type { RecordLog } from '../log/record-log.ts';
import type { Time } from '../time.ts';
import { Receiver, type ReceiverParts } from './receiver.ts';
import { listenTls, type TlsFiles, type TlsPlace } from './tls-stream.ts';

export interface AcceptOptions {
  place: TlsPlace;
  files: TlsFiles;
}

/** Resolves with the port, and with what ends it. `name`: of who listens. */
export function acceptGateways(
  { place, files }: AcceptOptions,
  {
    name,
    log,
    quarantine,
    time,
    onEvent,
  }: { name: string; log: RecordLog; quarantine: Quarantine; time: Time } & Pick<ReceiverParts, 'onEvent'>,
): Promise<{ port: number; close: () => Promise<void> }> {
  const own = new OwnRecords(`${name}-receiver`, log, time);
  const receiver = new Receiver({ log, own, quarantine, nowNs: () => time.wallNs(), onEvent });
  return listenTls(place, files, time, (stream) => receiver.serve(stream));
}
