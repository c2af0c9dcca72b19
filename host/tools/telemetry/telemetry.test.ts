// What a record looks like stays: golden bytes of version 1, what consumers of neighbouring versions read, and errors that name the field.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  SCHEMA_VERSION,
  Telemetry,
  type TelemetryField,
  type TelemetryKind,
  telemetryKinds,
} from '../../../protocol/telemetry/records.ts';
import { incompatibilities, type TelemetryRegistry, telemetryRegistry } from '../../../protocol/telemetry/registry.ts';
import {
  decodeCbor,
  decodeJson,
  encodeCbor,
  encodeJson,
  identityOf,
  schemaVersion,
  type TelemetryRecord,
} from './envelope.ts';
import { recordOfWire } from './wire.ts';

/** Records as version 1 wrote them: what the device sent, and the bytes that were made of it. Never changed; a new version adds a file. */
interface Golden {
  registry: TelemetryRegistry;
  records: { wire: number[]; cbor: string; json: string }[];
}
const golden = (version: number): Golden =>
  JSON.parse(readFileSync(join(import.meta.dirname, 'golden', `version-${version}.json`), 'utf8'));

const reception = {
  device: '0123456789abcdef0123456789abcdef',
  cryostat: 'north',
  receiveTimeNs: 1_800_000_000_123_456_789n,
};
const heartbeat = recordOfWire(golden(1).records[2].wire, 1, reception);

describe('golden records', () => {
  test.each(golden(1).records.map((one, index) => [index, one] as const))(
    'version 1, record %i',
    (_, { wire, cbor, json }) => {
      const record = recordOfWire(wire, 1, reception);
      expect(Buffer.from(encodeCbor(record)).toString('hex')).toBe(cbor);
      expect(encodeJson(record)).toBe(json);
      expect(decodeCbor(Buffer.from(cbor, 'hex'))).toEqual(record);
      expect(decodeJson(json)).toEqual(record);
    },
  );

  test('there is one of every kind of version 1', () => {
    const kinds = golden(1).records.map(({ wire }) => wire[0]);
    expect(kinds).toEqual(Object.values(telemetryKinds).flatMap(({ number, since }) => (since === 1 ? [number] : [])));
  });

  test('the schema of today reads what version 1 wrote', () => {
    expect(incompatibilities(golden(1).registry, telemetryRegistry)).toEqual([]);
  });
});

describe('neighbouring versions', () => {
  const wire = golden(1).records[2].wire;

  test('a word behind the known fields is kept, through CBOR and JSON', () => {
    const record = recordOfWire([...wire, 7, 8], SCHEMA_VERSION + 1, reception);
    expect(record.body).toEqual({ ...heartbeat.body, words: [7, 8] });
    expect(decodeCbor(encodeCbor(record))).toEqual(record);
    expect(decodeJson(encodeJson(record))).toEqual(record);
  });

  test('a kind that is not known is kept', () => {
    const record = recordOfWire([77, 2, 1, 2, 3, 0, 99], SCHEMA_VERSION + 1, reception);
    expect(record).toMatchObject({ kind: 'kind-77', class: 'critical', body: { words: [99] } });
    expect(decodeJson(encodeJson(decodeCbor(encodeCbor(record))))).toEqual(record);
  });

  test('fields of the envelope and the body that are not known are kept', () => {
    const later = {
      ...heartbeat,
      schema: SCHEMA_VERSION + 1,
      site: 'basement',
      body: { ...heartbeat.body, phase: -3 },
    };
    expect(decodeCbor(encodeCbor(later))).toEqual(later);
    expect(decodeJson(encodeJson(later))).toEqual(later);
  });
});

describe('refused by name', () => {
  const without = (name: string) =>
    encodeJson(
      Object.fromEntries(Object.entries(heartbeat).filter(([key]) => key !== name)) as unknown as TelemetryRecord,
    );

  test.each(telemetryRegistry.envelope.map(({ name }) => name))('a record without %s', (name) => {
    expect(() => decodeJson(without(name))).toThrow(name);
  });

  test.each(telemetryKinds.heartbeat.fields.map(({ name }) => name))('a heartbeat without %s', (name) => {
    const body = Object.fromEntries(Object.entries(heartbeat.body).filter(([key]) => key !== name));
    expect(() => decodeCbor(encodeCbor({ ...heartbeat, body }))).toThrow(`body of heartbeat: ${name} is missing`);
  });

  test.each([5n, 2 ** 32, -1, 0.5, '1'])('a wire record whose word is %o', (word) => {
    expect(() => recordOfWire([...golden(1).records[2].wire, word], 1, reception)).toThrow('not a list of 6 words');
  });

  test('a wire record that ends too early', () => {
    const short = golden(1).records[2].wire.slice(0, -1);
    expect(() => recordOfWire(short, 1, reception)).toThrow('heartbeat: thermometers is missing; schema 1 has it');
  });

  test.each([
    ['{"schema":1', 'not JSON'],
    ['[]', 'not a map'],
    ['{}', 'schema is missing'],
    [encodeJson({ ...heartbeat, boot: -1 }), 'boot is -1; expected u32'],
    [encodeJson({ ...heartbeat, deviceTimeNs: 'soon' as unknown as bigint }), 'deviceTimeNs is "soon"; expected u64'],
    [encodeJson({ ...heartbeat, class: 'urgent' as 'bulk' }), 'class is "urgent"; expected bulk, heartbeat, critical'],
    [
      encodeJson({ ...heartbeat, body: { ...heartbeat.body, lastTrip: 'none' } }),
      'lastTrip is "none"; expected u32 or null',
    ],
  ])('%s', (text, message) => {
    expect(() => decodeJson(text)).toThrow(message);
  });
});

describe('compatibility of schemas', () => {
  /** The registry, with nothing read-only: these tests do what nobody may. */
  interface Loose {
    version: number;
    kinds: Record<string, TelemetryKind & { fields: TelemetryField[] }>;
  }
  const changed = (change: (registry: Loose) => void) => {
    const copy = structuredClone(telemetryRegistry);
    change(copy as unknown as Loose);
    return incompatibilities(telemetryRegistry, copy);
  };
  const next = SCHEMA_VERSION + 1;

  test('a new last field and a new kind are compatible', () => {
    const faults = changed((registry) => {
      registry.version = next;
      registry.kinds.event.fields.push({ name: 'line', type: 'u32', since: next, doc: 'x' });
      registry.kinds.drift = { number: 6, since: next, doc: 'x', fields: [] };
    });
    expect(faults).toEqual([]);
  });

  test.each<[string, (registry: Loose) => void, string]>([
    ['a field that is gone', ({ kinds }) => void kinds.event.fields.pop(), 'event.argument1: it was field 2'],
    [
      'a field in the middle',
      ({ kinds }) => void kinds.event.fields.unshift({ ...kinds.event.fields[0], name: 'a' }),
      'event.event',
    ],
    [
      'another type',
      ({ kinds }) => void Object.assign(kinds.event.fields[0], { type: 'i32' }),
      'type was u32 and is i32',
    ],
    [
      'another unit',
      ({ kinds }) => void Object.assign(kinds.event.fields[0], { unit: 's' }),
      'unit was undefined and is s',
    ],
    ['a kind that is gone', ({ kinds }) => void delete kinds.event, 'event: the kind is gone'],
    ['a number that moved', ({ kinds }) => void Object.assign(kinds.event, { number: 9 }), 'its number was 1 and is 9'],
    [
      'a number given twice',
      ({ kinds }) => void Object.assign(kinds, { more: { ...kinds.event, since: next } }),
      'number 1 is that of event',
    ],
    [
      'a new field without its version',
      ({ kinds }) => void kinds.event.fields.push({ ...kinds.event.fields[0], name: 'z' }),
      'event.z: it is new',
    ],
  ])('%s is not', (_, change, fault) => {
    expect(changed(change).join('\n')).toContain(fault);
  });
});

test('the table is what the wire can carry', () => {
  expect(schemaVersion).toBe(Telemetry.SCHEMA_VERSION);
  for (const { fields } of Object.values(telemetryKinds)) {
    const words = (fields as readonly TelemetryField[]).reduce((sum, field) => sum + (field.count ?? 1), 0);
    expect(words).toBeLessThanOrEqual(Telemetry.BODY_WORDS_MAX);
  }
  expect(identityOf(heartbeat)).toBe(`${reception.device}/${heartbeat.boot}/${heartbeat.sequence}`);
});
