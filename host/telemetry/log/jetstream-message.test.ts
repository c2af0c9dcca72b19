// Messages of records: what a version before this one has written is read, and what a later one has written is not taken for nothing.

import { describe, expect, test } from 'vitest';
import { entries, entry } from '../testing/records.ts';
import { decodeEntries, encodeEntries } from './entries-cbor.ts';
import { batchHeader, classHeader, entriesOfMessage, LaterBatch, UnreadableMessage } from './jetstream-message.ts';
import type { LogEntry } from './record-log.ts';

const message = (heads: Readonly<Record<string, string>>, data: Uint8Array) => ({
  headers: { get: (name: string) => heads[name] ?? '' },
  data,
});
const plain = (list: readonly LogEntry[] | undefined) =>
  list?.map((one) => ({ ...one, bytes: Buffer.from(one.bytes) }));

describe('a message', () => {
  test('of a record is that record', () => {
    const one = entry('a', 3, 7, 'critical');
    const heads = { 'Nats-Msg-Id': 'a/3/7', [classHeader]: 'critical' };
    expect(entriesOfMessage(message(heads, one.bytes))).toEqual([one]);
  });

  test('of a batch is its entries, in their order', () => {
    const given = [
      ...entries('a', 1, 0, 3, 'bulk'),
      entry('größe', 2, 1),
      entry('b', 4_000_000_000, 70_000, 'critical'),
    ];
    for (const list of [given, given.filter(({ device }) => device !== 'größe'), []])
      expect(plain(entriesOfMessage(message({ [batchHeader]: '1' }, encodeEntries(list))))).toEqual(plain(list));
  });

  test('of a batch has the bytes of version 1', () => {
    const two = [
      { device: 'ab', boot: 1, sequence: 300, class: 'critical', bytes: Uint8Array.of(1, 2) },
      { device: 'c', boot: 70_000, sequence: 0, class: 'bulk', bytes: Uint8Array.of(3) },
    ] as const;
    const bytes = '82 85 626162 01 19012c 02 420102 85 6163 1a00011170 00 00 4103'.replaceAll(' ', '');
    expect(Buffer.from(encodeEntries(two)).toString('hex')).toBe(bytes);
    expect(plain(decodeEntries(Buffer.from(bytes, 'hex')))).toEqual(plain(two));
  });

  test('that is none of records, or damaged, is told from one of a later version and from a head alone', () => {
    const data = Uint8Array.of(1, 2, 3);
    expect(() => entriesOfMessage({ data })).toThrow(UnreadableMessage);
    expect(() => entriesOfMessage(message({ 'Nats-Msg-Id': 'somebody' }, data))).toThrow(
      /something else than a gateway/,
    );
    expect(() => entriesOfMessage(message({ [batchHeader]: '1' }, data))).toThrow(/^a batch of 3 bytes is damaged/);
    const cut = encodeEntries(entries('a', 1, 0, 3)).subarray(0, -1);
    expect(() => entriesOfMessage(message({ [batchHeader]: '1' }, cut))).toThrow(UnreadableMessage);
    expect(entriesOfMessage(message({ [batchHeader]: '1' }, new Uint8Array()))).toEqual([]);
    expect(() => entriesOfMessage(message({ [batchHeader]: '2' }, data))).toThrow(LaterBatch);
  });
});
