// Wire records straight to CBOR: the same bytes as by way of the record, or left to that way.

import { expect, test } from 'vitest';
import { type TelemetryField, telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { chooser } from '../../board/random.ts';
import { seeds } from '../../board/testing/cases.ts';
import { decodeCbor, encodeCbor, type TelemetryRecord } from './envelope.ts';
import { headWords, recordOfWire } from './wire.ts';
import { bytesOfWire, isUsualRecord } from './wire-cbor.ts';

const edges = [0, 1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 24, 2 ** 32 - 1];
const devices = ['00ff', '0123456789abcdef'.repeat(2), 'größe', 'x'.repeat(256), ''];
const kinds = Object.values(telemetryKinds).map(({ number, fields }) => ({
  ...{ number, fields: fields as readonly TelemetryField[] },
  words: (fields as readonly TelemetryField[]).reduce((sum, { count = 1 }) => sum + count, headWords),
}));

test('the bytes are those of the record, for records of every kind', () => {
  const done = new Map<number, number>();
  for (const seed of seeds(600)) {
    const luck = chooser(seed);
    const { number, fields, words } = kinds[luck(kinds.length)];
    const wire = Array.from({ length: words }, () => edges[luck(edges.length)]);
    [wire[0], wire[1]] = [number, luck(3)];
    let at = headWords;
    for (const { count = 1, absent } of fields)
      for (let word = 0; word < count; word++, at++) if (absent !== undefined && luck(3) === 0) wire[at] = absent;
    const reception = {
      device: devices[luck(devices.length)],
      cryostat: 'north/1',
      receiveTimeNs: 1_700_000_000_123_456_789n,
    };
    const incarnation = 1 + luck(3);
    const record = recordOfWire(wire, 1, reception);
    const theirs = encodeCbor(incarnation > 1 ? { ...record, incarnation } : record);
    const ours = bytesOfWire(wire, 1, reception, incarnation);
    if (ours === undefined) continue;
    done.set(number, (done.get(number) ?? 0) + 1);
    expect(Buffer.from(ours).toString('hex')).toBe(Buffer.from(theirs).toString('hex'));
    expect(decodeCbor(ours)).toEqual(incarnation > 1 ? { ...record, incarnation } : record);
  }
  // All but the kind that has a hash.
  expect([...done.keys()].sort()).toEqual([1, 3, 4, 5]);
});

test('what is not the usual record is left to the way that can say what is wrong with it', () => {
  const { number, words } = kinds[2];
  const usual = [number, 1, 1, 7, 0, 0, ...Array.from({ length: words - headWords }, () => 1)];
  const left = (change: (wire: unknown[]) => void): boolean => {
    const wire: unknown[] = [...usual];
    change(wire);
    return bytesOfWire(wire, 1, { device: '00ff', cryostat: 'north', receiveTimeNs: 5n }) === undefined;
  };
  expect(left(() => {})).toBe(false);
  expect(left((wire) => wire.pop())).toBe(true);
  expect(left((wire) => wire.push(1))).toBe(true);
  expect(left((wire) => wire.splice(0, 1, 99))).toBe(true);
  expect(left((wire) => wire.splice(1, 1, 3))).toBe(true);
  for (const bad of [-1, 0.5, 2 ** 32, '1', null, undefined, 5n])
    expect(left((wire) => wire.splice(9, 1, bad))).toBe(true);
});

test('records that were made before stay as they were made', () => {
  const made: [string, Uint8Array][] = [];
  for (let sequence = 0; sequence < 2_000; sequence++) {
    const wire = [1, 2, 1, sequence, sequence, 0, sequence, sequence * 70_000, 5];
    const bytes = bytesOfWire(wire, 1, { device: '00ff', cryostat: 'north', receiveTimeNs: 5n }) as Uint8Array;
    made.push([Buffer.from(bytes).toString('hex'), bytes]);
  }
  for (const [then, bytes] of made) expect(Buffer.from(bytes).toString('hex')).toBe(then);
});

test('what is called a usual record is one that can be read, and is of that device and number', () => {
  const taken = (bytes: Uint8Array): TelemetryRecord | undefined => {
    try {
      return decodeCbor(bytes);
    } catch {
      return undefined;
    }
  };
  let [usual, damaged] = [0, 0];
  for (const seed of seeds(1_500)) {
    const luck = chooser(seed);
    const { number, words } = kinds[luck(kinds.length)];
    const wire = Array.from({ length: words }, () => edges[luck(edges.length)]);
    [wire[0], wire[1], wire[2], wire[3]] = [number, luck(3), luck(6) || 1, luck(6) || 1];
    const [device, boot, sequence] = [luck(6) === 0 ? '00fe' : '00ff', wire[2] % 5, wire[3] % 5];
    const bytes = Uint8Array.from(
      encodeCbor(recordOfWire(wire, 1, { device: '00ff', cryostat: 'north', receiveTimeNs: 5n })),
    );
    const isDamaged = luck(2) === 0;
    // Heads are where most of the damage would be missed.
    if (isDamaged) bytes[luck(bytes.length)] = [luck(256), 0x1a, 0x3a, 0x82, 0xa1, 0xf6, 0x1b, 0x39][luck(8)];
    const cut = luck(6) === 0 ? bytes.subarray(0, luck(bytes.length)) : bytes;
    const record = taken(cut);
    const isIt = record?.device === device && record.boot === boot && record.sequence === sequence;
    if (isUsualRecord(cut, device, boot, sequence)) {
      expect(isIt, `seed ${seed}`).toBe(true);
      if (isDamaged) damaged++;
      usual++;
    } else if (!isDamaged && cut === bytes && number !== telemetryKinds.boot.number)
      expect(isIt, `seed ${seed}`).toBe(false);
  }
  expect(Math.min(usual - damaged, damaged)).toBeGreaterThan(20);
});
