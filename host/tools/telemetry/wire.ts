// Wire records of a device, by name: [kind, class, boot, sequence, timeLow, timeHigh, word ...] becomes an envelope record.
//
// What must stay true: a word that this version does not know is kept, under `words` in the body; a word that the device's version has and the record has
// not is an error that names its field.

import type { TelemetryClass, TelemetryField, TelemetryKind } from '../../../protocol/telemetry/records.ts';
import { telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { TelemetryError, type TelemetryRecord, type TelemetryValue } from './envelope.ts';

/** What the device does not say. */
export interface Reception {
  device: string;
  cryostat: string;
  receiveTimeNs: bigint;
}

const headWords = 6;
const classNames: readonly TelemetryClass[] = ['bulk', 'heartbeat', 'critical'];
const kindsByNumber: ReadonlyMap<number, readonly [string, TelemetryKind]> = new Map(
  Object.entries(telemetryKinds).map((row) => [row[1].number, row]),
);

/** `schema`: the version that the device has said. Throws a TelemetryError that names what is wrong. */
export function recordOfWire(wire: unknown, schema: number, reception: Reception): TelemetryRecord {
  if (!Array.isArray(wire) || wire.length < headWords || !wire.every(isWord))
    throw new TelemetryError(`telemetry of ${reception.device}: a record is not a list of ${headWords} words or more`);
  const [number, classNumber, boot, sequence, low, high] = wire as number[];
  const where = () => `telemetry of ${reception.device}, record ${boot}/${sequence}`;
  const className = classNames[classNumber];
  if (className === undefined) throw new TelemetryError(`${where()}: class ${classNumber}; expected 0 to 2`);
  const [kind, table] = kindsByNumber.get(number) ?? [`kind-${number}`, undefined];
  return {
    schema,
    device: reception.device,
    cryostat: reception.cryostat,
    boot,
    sequence,
    deviceTimeNs: (BigInt(high) << 32n) | BigInt(low),
    receiveTimeNs: reception.receiveTimeNs,
    class: className,
    kind,
    body: bodyOf(() => `${where()}, ${kind}`, table?.fields ?? [], wire as number[], schema),
  };
}

function bodyOf(where: () => string, fields: readonly TelemetryField[], wire: readonly number[], schema: number) {
  const body: Record<string, TelemetryValue> = {};
  let at = headWords;
  for (const field of fields) {
    const count = field.count ?? 1;
    if (at + count > wire.length) {
      if (field.since > schema) break;
      throw new TelemetryError(`${where()}: ${field.name} is missing; schema ${schema} has it`);
    }
    body[field.name] = fieldValueOf(field, wire, at, count);
    at += count;
  }
  if (at < wire.length) body.words = wire.slice(at);
  return body;
}

function fieldValueOf(field: TelemetryField, wire: readonly number[], at: number, count: number): TelemetryValue {
  const known = (one: number) => (one === field.absent ? null : one);
  switch (field.type) {
    case 'u32':
      return known(wire[at]);
    case 'i32':
      return known(wire[at]) === null ? null : wire[at] | 0;
    case 'boolean':
      return wire[at] !== 0;
    case 'u32[]':
      return wire.slice(at, at + count).map(known);
    case 'hex':
      return wire
        .slice(at, at + count)
        .map(hexOf)
        .join('');
    default:
      throw new Error(`field ${field.name} is ${field.type}, which has no form on the wire`);
  }
}

/** Bytes in the order of memory: least significant first. */
const hexOf = (word: number) => Buffer.from(Uint32Array.of(word).buffer).toString('hex');

const isWord = (value: unknown) => Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;
