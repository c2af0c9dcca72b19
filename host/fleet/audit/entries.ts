// Bundles of entries: each entry behind its length, two bytes with the high one first (C2SP tlog-tiles).

import { AuditError } from './error.ts';

export const entryBytesMost = 0xffff;

export function encodeBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.alloc(entries.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const entry of entries) {
    at = bytes.writeUInt16BE(entry.length, at);
    bytes.set(entry, at);
    at += entry.length;
  }
  return bytes;
}

/** The first `count` entries of a bundle. `isWhole`: there must be no byte behind them. */
export function decodeBundle(bytes: Uint8Array, count: number, isWhole: boolean, what: string): Uint8Array[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Uint8Array[] = [];
  let at = 0;
  const broken = (reason: string) =>
    new AuditError('AUDIT_FORM', `${what} cannot be read at byte ${at}: ${reason}; restore the log from a copy`);
  while (entries.length < count) {
    if (at + 2 > view.length) throw broken(`it ends after ${entries.length} of ${count} entries`);
    const end = at + 2 + view.readUInt16BE(at);
    if (end > view.length)
      throw broken(`entry ${entries.length} of it should end at byte ${end}, the file ends at ${view.length}`);
    entries.push(new Uint8Array(view.subarray(at + 2, end)));
    at = end;
  }
  if (isWhole && at !== view.length) throw broken(`expected the end after ${count} entries`);
  return entries;
}
