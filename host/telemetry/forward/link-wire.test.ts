// Batches as bytes: ours and those of a library for CBOR are the same to both ends.

import { Encoder } from 'cbor-x';
import { expect, test } from 'vitest';
import { chooser } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import type { LogEntry } from '../log/record-log.ts';
import { batchOf } from './link-batch.ts';
import { encodeBatch, encodeMessage, FrameReader, type LinkBatch, takenEntry } from './link-wire.ts';

const library = new Encoder({ useRecords: false, tagUint8Array: false } as ConstructorParameters<typeof Encoder>[0]);
const numbers = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1];
const names = ['a', '0123456789abcdef'.repeat(2), 'x'.repeat(200), 'größe'];
const classes = ['bulk', 'heartbeat', 'critical'] as const;

const drawn = (luck: (choices: number) => number, isAscii: boolean): LogEntry[] =>
  Array.from({ length: luck(40) }, () => ({
    device: names[luck(names.length - (isAscii ? 1 : 0))],
    boot: numbers[luck(numbers.length)],
    sequence: numbers[luck(numbers.length)],
    class: classes[luck(3)],
    bytes: Uint8Array.from({ length: luck(3) === 0 ? 0 : luck(700) }, () => luck(256)),
  }));

const wireOf = ({ device, boot, sequence, class: of, bytes }: LogEntry) =>
  [device, boot, sequence, classes.indexOf(of), bytes] as LinkBatch['entries'][number];

function read(frame: Uint8Array, pieceBytes: number): LogEntry[] {
  const frames = new FrameReader();
  const found: LogEntry[] = [];
  for (let at = 0; at < frame.length; at += pieceBytes)
    for (const message of frames.read(frame.subarray(at, at + pieceBytes)))
      found.push(...(message as LinkBatch).entries.map(takenEntry));
  return found.map((entry) => ({ ...entry, bytes: Uint8Array.from(entry.bytes) }));
}

test('a batch arrives as it was sent, from our writer and from that of the library', () => {
  for (const seed of seeds(100)) {
    const luck = chooser(seed);
    const [entries, batch] = [drawn(luck, luck(2) === 0), numbers[luck(numbers.length)]];
    const pieceBytes = 1 + luck(5_000);
    expect(read(encodeBatch(batch, entries), pieceBytes)).toEqual(entries);
    expect(read(encodeMessage({ batch, entries: entries.map(wireOf) }), pieceBytes)).toEqual(entries);
    expect(library.decode(encodeBatch(batch, entries).slice(4))).toMatchObject({ batch });
  }
});

test('bytes that are damaged are read as the library reads them, or are left to it', () => {
  let [same, left] = [0, 0];
  for (const seed of seeds(400)) {
    const luck = chooser(seed);
    const body = Uint8Array.from(encodeBatch(5, drawn(luck, true).slice(0, 5)).subarray(4));
    body[luck(Math.min(body.length, 120))] = luck(256);
    const ours = batchOf(luck(5) === 0 ? body.subarray(0, luck(body.length)) : body);
    if (ours === undefined) {
      left++;
      continue;
    }
    same++;
    const theirs = library.decode(body) as LinkBatch;
    expect({ ...theirs, entries: theirs.entries.map((one) => [...one.slice(0, 4), Buffer.from(one[4])]) }).toEqual({
      batch: ours.batch,
      entries: ours.entries.map((one) => [...one.slice(0, 4), Buffer.from(one[4])]),
    });
  }
  expect(Math.min(same, left)).toBeGreaterThan(20);
});
