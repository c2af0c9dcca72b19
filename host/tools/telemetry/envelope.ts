// Envelope records: what gateway, stream and store pass on. Types, and the one way to write and read them, as CBOR and as JSON.
//
// The schema is protocol/telemetry/records.ts. What must stay true: what is read and written again has the same fields, also those that this version
// does not know; a field that the record's own version has and the record has not is an error that names it.

import { Encoder } from 'cbor-x';
import { type GatewayKind, gatewayKinds } from '../../../protocol/telemetry/gateway-kinds.ts';
import {
  envelopeFields,
  SCHEMA_VERSION,
  type TelemetryClass,
  type TelemetryField,
  telemetryKinds,
} from '../../../protocol/telemetry/records.ts';
import { recordBytes, recordOfBytes } from './record-cbor.ts';

/** A value of a field. `u64` is always a bigint; `null`: not known. */
export type TelemetryValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | readonly TelemetryValue[]
  | { readonly [name: string]: TelemetryValue };
export type TelemetryBody = Readonly<Record<string, TelemetryValue>>;

/** One record with its envelope. Fields that this version does not know stand beside the others. */
export interface TelemetryRecord {
  readonly schema: number;
  /** Serial number of the chip, in hexadecimal digits. */
  readonly device: string;
  readonly cryostat: string;
  readonly boot: number;
  readonly sequence: number;
  /** Since power-on. */
  readonly deviceTimeNs: bigint;
  /** Since 1970-01-01 UTC. */
  readonly receiveTimeNs: bigint;
  readonly class: TelemetryClass;
  /** TelemetryKindName, GatewayKindName, or `kind-N`. */
  readonly kind: string;
  readonly body: TelemetryBody;
  /** How often the numbers of the device have begun, where that is more than once: a gateway adds it, and no schema asks for it. */
  readonly incarnation?: number;
  readonly [unknownField: string]: TelemetryValue | undefined;
}

/** A record that cannot be taken; the text names the field. */
export class TelemetryError extends Error {
  override readonly name = 'TelemetryError';
}

const classes: readonly string[] = ['bulk', 'heartbeat', 'critical'] satisfies TelemetryClass[];
const known: Readonly<Record<string, GatewayKind>> = { ...telemetryKinds, ...gatewayKinds };
const u64Most = 2n ** 64n;

const codec = new Encoder({
  useRecords: false,
  variableMapSize: true,
  tagUint8Array: false,
  mapsAsObjects: true,
} as ConstructorParameters<typeof Encoder>[0]);

/** The kind of a name; undefined where this version has none. */
export function kindOf(name: string): GatewayKind | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined;
}

/** Whose numbers they are: the device, and how often its numbers have begun where that is more than once. In logs it stands for the device. */
export const numberedAs = (device: string, incarnation = 1): string =>
  incarnation > 1 ? `${device}~${incarnation}` : device;

/** The device of such a name. */
export function deviceOf(numbered: string): string {
  const end = numbered.indexOf('~');
  return end < 0 ? numbered : numbered.slice(0, end);
}

/** What tells a record from every other one: repeats have the same. */
export const identityOf = ({
  device,
  incarnation,
  boot,
  sequence,
}: Pick<TelemetryRecord, 'device' | 'incarnation' | 'boot' | 'sequence'>): string =>
  `${numberedAs(device, incarnation)}/${boot}/${sequence}`;

export function encodeCbor(record: TelemetryRecord): Uint8Array {
  return recordBytes(record) ?? new Uint8Array(codec.encode(record));
}

/** Throws a TelemetryError where the bytes are no record. */
export function decodeCbor(bytes: Uint8Array): TelemetryRecord {
  let value: unknown;
  try {
    value = recordOfBytes(bytes) ?? codec.decode(bytes);
  } catch (error) {
    throw new TelemetryError(`telemetry record: its ${bytes.length} bytes are not CBOR: ${(error as Error).message}`);
  }
  return checked(value);
}

/** One line, without its end. */
export function encodeJson(record: TelemetryRecord): string {
  return JSON.stringify(record, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
}

/** Throws a TelemetryError where the text is no record. */
export function decodeJson(text: string): TelemetryRecord {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new TelemetryError(`telemetry record: it is not JSON: ${(error as Error).message}`);
  }
  return checked(value);
}

/** The value as a record, times as bigints whatever they were read from. The value is changed: it was read for this. */
function checked(value: unknown): TelemetryRecord {
  if (!isMap(value)) throw new TelemetryError(`telemetry record: it is not a map but ${shown(value)}`);
  const schema = value.schema;
  if (!isWord(schema) || schema === 0)
    throw new TelemetryError(`telemetry record: schema is ${shown(schema)}; expected a version, 1 or more`);
  checkFields('', value, envelopeFields, schema);
  if (!classes.includes(value.class as string))
    throw new TelemetryError(`telemetry record: class is ${shown(value.class)}; expected ${classes.join(', ')}`);
  const kind = kindOf(value.kind as string);
  if (kind !== undefined) checkFields(value.kind as string, value.body as Record<string, unknown>, kind.fields, schema);
  return value as unknown as TelemetryRecord;
}

/** The fields that a record of version `schema` has, each with its type. `bodyOf`: kind of the body that they are in, if they are in one. */
function checkFields(
  bodyOf: string,
  map: Record<string, unknown>,
  fields: readonly TelemetryField[],
  schema: number,
): void {
  for (const field of fields) {
    const value = map[field.name];
    if (value === undefined) {
      if (field.since > schema) continue;
      throw new TelemetryError(`${whereOf(bodyOf, field)} is missing; every record of schema ${schema} has it`);
    }
    const wide = field.type === 'u64' ? wideOf(value) : undefined;
    if (wide !== undefined) map[field.name] = wide;
    else if (field.type === 'u64' || !isOfType(field, value)) {
      if (value === null && field.absent !== undefined) continue;
      throw new TelemetryError(
        `${whereOf(bodyOf, field)} is ${shown(value)}; expected ${field.type}${field.absent === undefined ? '' : ' or null'}`,
      );
    }
  }
}

/** For an error alone: a record has thirty fields, and there are thousands of records a second. */
const whereOf = (bodyOf: string, { name }: TelemetryField) =>
  `telemetry record${bodyOf === '' ? '' : `, body of ${bodyOf}`}: ${name}`;

/** CBOR gives a small u64 as a number, JSON gives each as text. */
function wideOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value >= 0n && value < u64Most ? value : undefined;
  const isText = typeof value === 'string' && /^(0|[1-9][0-9]{0,19})$/.test(value);
  const isNumber = Number.isSafeInteger(value) && (value as number) >= 0;
  if (!isText && !isNumber) return undefined;
  const wide = BigInt(value as string | number);
  return wide < u64Most ? wide : undefined;
}

function isOfType({ type, absent, count }: TelemetryField, value: unknown): boolean {
  switch (type) {
    case 'u32':
      return isWord(value);
    case 'i32':
      return Number.isInteger(value) && Math.abs((value as number) + 0.5) < 2 ** 31;
    case 'boolean':
      return typeof value === 'boolean';
    case 'text':
      return typeof value === 'string';
    case 'hex':
      return typeof value === 'string' && /^([0-9a-f]{8})*$/.test(value) && value.length === 8 * (count ?? 0);
    case 'u32[]':
      return Array.isArray(value) && value.every((one) => isWord(one) || (one === null && absent !== undefined));
    case 'map':
      return isMap(value);
    case 'u64':
      return wideOf(value) !== undefined;
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

const isWord = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 2 ** 32;

function shown(value: unknown): string {
  if (value === undefined) return 'missing';
  const text = JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? `${one}` : one));
  return text === undefined ? typeof value : text.slice(0, 60);
}

/** The schema that this version writes. */
export const schemaVersion = SCHEMA_VERSION;
