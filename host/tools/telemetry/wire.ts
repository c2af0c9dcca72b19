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

export const headWords = 6;
export const classNames: readonly TelemetryClass[] = ['bulk', 'heartbeat', 'critical'];
const kindsByNumber: ReadonlyMap<number, readonly [string, TelemetryKind]> = new Map(
  Object.entries(telemetryKinds).map((row) => [row[1].number, row]),
);

/** `schema`: the version that the device has said. Throws a TelemetryError that names what is wrong. */
export function recordOfWire(wire: unknown, schema: number, reception: Reception): TelemetryRecord {
  if (!isWire(wire))
    throw new TelemetryError(`telemetry of ${reception.device}: a record is not a list of ${headWords} words or more`);
  const className = classNames[wire[1]];
  if (className === undefined)
    throw new TelemetryError(`${placeOf(wire, reception)}: class ${wire[1]}; expected 0 to 2`);
  const known = kindsByNumber.get(wire[0]);
  return {
    schema,
    device: reception.device,
    cryostat: reception.cryostat,
    boot: wire[2],
    sequence: wire[3],
    deviceTimeNs: (BigInt(wire[5]) << 32n) | BigInt(wire[4]),
    receiveTimeNs: reception.receiveTimeNs,
    class: className,
    kind: known === undefined ? `kind-${wire[0]}` : known[0],
    body: bodyOf(known, wire, schema, reception),
  };
}

/** A wide number, which CBOR can bring, is none. */
export const isWord = (value: unknown): value is number => typeof value === 'number' && value >>> 0 === value;

function isWire(wire: unknown): wire is number[] {
  if (!Array.isArray(wire) || wire.length < headWords) return false;
  for (let at = 0; at < wire.length; at++) if (!isWord(wire[at])) return false;
  return true;
}

const placeOf = (wire: readonly number[], { device }: Reception) =>
  `telemetry of ${device}, record ${wire[2]}/${wire[3]}`;

function bodyOf(
  known: readonly [string, TelemetryKind] | undefined,
  wire: readonly number[],
  schema: number,
  reception: Reception,
): Record<string, TelemetryValue> {
  const body: Record<string, TelemetryValue> = {};
  let at = headWords;
  if (known !== undefined)
    for (const field of known[1].fields) {
      const count = field.count ?? 1;
      if (at + count > wire.length) {
        if (field.since > schema) break;
        throw new TelemetryError(
          `${placeOf(wire, reception)}, ${known[0]}: ${field.name} is missing; schema ${schema} has it`,
        );
      }
      body[field.name] = fieldValueOf(field, wire, at, count);
      at += count;
    }
  if (at < wire.length) body.words = wire.slice(at);
  return body;
}

function fieldValueOf(field: TelemetryField, wire: readonly number[], at: number, count: number): TelemetryValue {
  switch (field.type) {
    case 'u32':
      return wire[at] === field.absent ? null : wire[at];
    case 'i32':
      return wire[at] === field.absent ? null : wire[at] | 0;
    case 'boolean':
      return wire[at] !== 0;
    case 'u32[]': {
      const list: (number | null)[] = [];
      for (let word = at; word < at + count; word++) list.push(wire[word] === field.absent ? null : wire[word]);
      return list;
    }
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
