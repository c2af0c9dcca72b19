// Wire records of a device as the CBOR of their envelope records, without the record between: most of what a gateway does with a record is to put it there.
//
//   [kind, class, boot, sequence, timeLow, timeHigh, word ...] ──the fields of the kind, their names as bytes──> a record as CBOR
//
// What must stay true: the bytes are those of encodeCbor(recordOfWire(...)) (wire-cbor.test.ts compares); what is not the usual case is left to these two, so
// `undefined` is an answer. What is called a usual record is one that decodeCbor takes.

import { envelopeFields, type TelemetryField, telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { CborReader } from './cbor-reader.ts';
import {
  beginBytes,
  FALSE,
  LIST,
  MAP,
  NULL,
  putBytes,
  putHalves,
  putHead,
  putSigned,
  putSimple,
  putText,
  putWide,
  TRUE,
  takeBytes,
  textHead,
  UNSIGNED,
} from './cbor-writer.ts';
import { classNames, headWords, isWord, type Reception } from './wire.ts';

/** A text of ASCII, with its head. */
function bytesOf(text: string): Uint8Array {
  return Buffer.concat([textHead(text.length), Buffer.from(text)]);
}

const [SCHEMA, DEVICE, CRYOSTAT, BOOT, SEQUENCE, DEVICE_TIME, RECEIVE_TIME, CLASS, KIND, BODY] = envelopeFields.map(
  ({ name }) => bytesOf(name),
);
const INCARNATION = bytesOf('incarnation');
const classBytes = classNames.map(bytesOf);

interface Field {
  name: Uint8Array;
  type: TelemetryField['type'];
  count: number;
  absent: number | undefined;
}

interface Kind {
  name: Uint8Array;
  fields: Field[];
  /** Of its wire record. */
  words: number;
}

/** Kinds with hexadecimal digits come seldom. */
const kinds = new Map<unknown, Kind>(
  Object.entries(telemetryKinds)
    .filter(([, { fields }]) => (fields as readonly TelemetryField[]).every(({ type }) => type !== 'hex'))
    .map(([name, { number, fields: all }]) => {
      const fields = (all as readonly TelemetryField[]).map(({ name, type, count = 1, absent }): Field => {
        return { name: bytesOf(name), type, count, absent };
      });
      const words = fields.reduce((sum, { count }) => sum + count, headWords);
      return [number, { name: bytesOf(name), fields, words }];
    }),
);

/** `incarnation`: as in the record; once when left out. */
export function bytesOfWire(
  wire: readonly unknown[],
  schema: number,
  { device, cryostat, receiveTimeNs }: Reception,
  incarnation = 1,
): Uint8Array | undefined {
  const kind = kinds.get(wire[0]);
  if (kind === undefined || wire.length !== kind.words) return undefined;
  for (let at = 0; at < wire.length; at++) if (!isWord(wire[at])) return undefined;
  const words = wire as readonly number[];
  const of = classBytes[words[1]];
  if (of === undefined) return undefined;
  beginBytes();
  putHead(MAP, incarnation > 1 ? 11 : 10);
  putBytes(SCHEMA);
  if (!putSigned(schema)) return undefined;
  putBytes(DEVICE);
  if (!putText(device)) return undefined;
  putBytes(CRYOSTAT);
  if (!putText(cryostat)) return undefined;
  putBytes(BOOT);
  putHead(UNSIGNED, words[2]);
  putBytes(SEQUENCE);
  putHead(UNSIGNED, words[3]);
  putBytes(DEVICE_TIME);
  putHalves(words[5], words[4]);
  putBytes(RECEIVE_TIME);
  if (!putWide(receiveTimeNs)) return undefined;
  putBytes(CLASS);
  putBytes(of);
  putBytes(KIND);
  putBytes(kind.name);
  putBytes(BODY);
  putBody(kind.fields, words);
  if (incarnation > 1) {
    putBytes(INCARNATION);
    putHead(UNSIGNED, incarnation);
  }
  return takeBytes();
}

function putBody(fields: readonly Field[], words: readonly number[]): void {
  putHead(MAP, fields.length);
  let at = headWords;
  for (let index = 0; index < fields.length; index++) {
    const { name, type, count, absent } = fields[index];
    putBytes(name);
    if (type === 'u32[]') {
      putHead(LIST, count);
      for (let word = at; word < at + count; word++) putValue(words[word], absent);
    } else if (type === 'boolean') putSimple(words[at] === 0 ? FALSE : TRUE);
    else if (type === 'i32' && words[at] !== absent) putSigned(words[at] | 0);
    else putValue(words[at], absent);
    at += count;
  }
}

function putValue(word: number, absent: number | undefined): void {
  if (word === absent) putSimple(NULL);
  else putHead(UNSIGNED, word);
}

const reader = new CborReader();

/**
 * Whether the bytes are a record of this device and number, in the usual form: decodeCbor takes such a record, and nothing of it is made for that. False: it
 * may be one all the same.
 */
export function isUsualRecord(bytes: Uint8Array, device: string, boot: number, sequence: number): boolean {
  reader.begin(bytes);
  if (!reader.isMap(10) || !reader.isNext(SCHEMA) || reader.head(UNSIGNED) <= 0) return false;
  if (!reader.isNext(DEVICE) || !reader.isText(device) || !reader.isNext(CRYOSTAT) || reader.skipText() < 0)
    return false;
  if (!reader.isNext(BOOT) || reader.head(UNSIGNED) !== boot) return false;
  if (!reader.isNext(SEQUENCE) || reader.head(UNSIGNED) !== sequence) return false;
  if (!reader.isNext(DEVICE_TIME) || !reader.isWide() || !reader.isNext(RECEIVE_TIME) || !reader.isWide()) return false;
  if (!reader.isNext(CLASS) || !classBytes.some((of) => reader.isNext(of))) return false;
  if (!reader.isNext(KIND)) return false;
  for (const { name, fields } of kinds.values())
    if (reader.isNext(name)) return reader.isNext(BODY) && isUsualBody(fields) && reader.isAtEnd;
  return false;
}

function isUsualBody(fields: readonly Field[]): boolean {
  if (!reader.isMap(fields.length)) return false;
  for (let index = 0; index < fields.length; index++) {
    const { name, type, count, absent } = fields[index];
    if (!reader.isNext(name)) return false;
    if (type === 'u32[]') {
      if (reader.list() !== count) return false;
      for (let word = 0; word < count; word++)
        if (!(absent !== undefined && reader.isNull()) && !reader.isWord()) return false;
    } else if (absent !== undefined && reader.isNull()) continue;
    else if (!(type === 'boolean' ? reader.isBoolean() : type === 'i32' ? reader.isSigned() : reader.isWord()))
      return false;
  }
  return true;
}
