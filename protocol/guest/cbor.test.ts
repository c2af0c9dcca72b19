import { Decoder, Encoder } from 'cbor-x';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../../host/board/testing/cases.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';

type Numbers = (...values: number[]) => number;
interface Cbor extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  cborCheck: Numbers;
  cborKind: Numbers;
  cborArgument(item: number): bigint;
  cborContent: Numbers;
  cborContentLength: Numbers;
  cborSkip: Numbers;
  cborFirst: Numbers;
  cborCount: Numbers;
  writerStart: Numbers;
  writerFinish: Numbers;
  writeMapStart: Numbers;
  writeArrayStart: Numbers;
  writeEnd: Numbers;
  writeInteger(value: bigint): void;
  writeUnsigned(value: bigint): void;
  writeBoolean: Numbers;
  writeNull: Numbers;
  writeBytes: Numbers;
  writeTextBytes: Numbers;
  writeTextOff: Numbers;
}

const options = { useRecords: false, variableMapSize: true, tagUint8Array: false, mapsAsObjects: true };
const encoder = new Encoder(options);
const decoder = new Decoder(options);
const input = 0x10000;
const output = 0x14000;
const content = 0x18000;
const canary = 0xa5;
let cbor: Cbor;
let memory: Uint8Array;

beforeAll(async () => {
  cbor = await instantiateGuest<Cbor>('protocol/guest/cbor.entry.ts');
  memory = new Uint8Array(cbor.memory.buffer);
});

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

function load(bytes: Uint8Array): number {
  memory.set(bytes, input);
  return bytes.length;
}

/** Size of the accepted item, or -1. */
function check(bytes: Uint8Array | string): number {
  return cbor.cborCheck(input, load(typeof bytes === 'string' ? hex(bytes) : bytes));
}

/** Builds a host value by walking with nothing but the guest's own reader. */
function walk(item: number): unknown {
  const kind = cbor.cborKind(item);
  if (kind === 0) return Number(BigInt.asUintN(64, cbor.cborArgument(item)));
  if (kind === 1) return -1 - Number(BigInt.asUintN(64, cbor.cborArgument(item)));
  if (kind === 2 || kind === 3) {
    const from = cbor.cborContent(item);
    const bytes = Buffer.from(memory.slice(from, from + cbor.cborContentLength(item)));
    return kind === 2 ? new Uint8Array(bytes) : bytes.toString();
  }
  if (kind === 7) return { 244: false, 245: true, 246: null }[memory[item]];
  const items: unknown[] = [];
  const count = cbor.cborCount(item) * (kind === 5 ? 2 : 1);
  for (let index = 0, next = cbor.cborFirst(item); index < count; index++, next = cbor.cborSkip(next)) {
    items.push(walk(next));
  }
  if (kind === 4) return items;
  return Object.fromEntries(items.flatMap((key, index) => (index % 2 ? [] : [[key, items[index + 1]]])));
}

/** Writes a host value with the guest's writer and gives back the bytes. */
function write(value: unknown, capacity = 4096): Uint8Array | undefined {
  memory.fill(canary, output - 64, output + 4096 + 64);
  cbor.writerStart(output, capacity);
  writeItem(value);
  const length = cbor.writerFinish();
  expect(memory.subarray(output - 64, output).every((byte) => byte === canary)).toBe(true);
  expect(memory.subarray(output + capacity, output + 4096 + 64).every((byte) => byte === canary)).toBe(true);
  return length < 0 ? undefined : memory.slice(output, output + length);
}

function writeItem(value: unknown): void {
  if (typeof value === 'number') cbor.writeInteger(BigInt(value));
  else if (typeof value === 'boolean') cbor.writeBoolean(value ? 1 : 0);
  else if (value === null) cbor.writeNull();
  else if (typeof value === 'string' || value instanceof Uint8Array) {
    const bytes = Buffer.from(value as Uint8Array);
    memory.set(bytes, content);
    (typeof value === 'string' ? cbor.writeTextBytes : cbor.writeBytes)(content, bytes.length);
  } else if (Array.isArray(value)) {
    cbor.writeArrayStart();
    value.forEach(writeItem);
    cbor.writeEnd();
  } else {
    cbor.writeMapStart();
    for (const [key, entry] of Object.entries(value as object)) {
      writeItem(key);
      writeItem(entry);
    }
    cbor.writeEnd();
  }
}

// Whole numbers up to 2^32: beyond, cbor-x writes floating point, which SMP knows not.
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 6, withCrossShrink: true },
    fc.oneof(
      fc.integer(),
      fc.nat(0xffffffff),
      fc.boolean(),
      fc.constant(null),
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array({ maxLength: 300 }),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}));

describe('reading CBOR', () => {
  test('understands whatever cbor-x encodes', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = encoder.encode(value);
        expect(check(bytes)).toBe(bytes.length);
        expect(walk(input)).toEqual(value);
      }),
      cases(300),
    );
  });

  test('understands its own indefinite lengths, and so does cbor-x', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        const bytes = write(value);
        if (!bytes) throw new Error('the value outgrew the buffer');
        expect(decoder.decode(bytes)).toEqual(decoder.decode(new Uint8Array(encoder.encode(value))));
        expect(check(bytes)).toBe(bytes.length);
        expect(walk(input)).toEqual(value);
      }),
      cases(300),
    );
  });

  test('does not look at what follows the item', () => expect(check('a0 ff ff')).toBe(1));

  test.each([
    ['no bytes', ''],
    ['a break outside any container', 'ffff'],
    ['a string longer than what is left', '43 0102'],
    ['a string whose length would wrap around', '5b ffffffffffffffff 00'],
    ['a head cut short', '1a 0102'],
    ['a map cut short', 'a1 61 64'],
    ['a map of indefinite length that never ends', 'bf 61 64 01'],
    ['a map of indefinite length that ends before a value', 'bf 61 64 ff'],
    ['a definite map that ends with a break', 'a1 61 64 ff'],
    ['an array that promises more items than bytes', '9a ffffffff 00'],
    ['a text string of indefinite length', 'a1 61 64 7f 61 61 ff'],
    ['a byte string of indefinite length', '5f 41 00 ff'],
    ['a tag', 'a1 61 64 c0 01'],
    ['an unassigned simple value', 'e0'],
    ['a simple value in two bytes', 'f8 20'],
    ['a reserved head', '1c'],
    ['a number of indefinite length', '1f'],
  ])('refuses %s', (_what, bytes) => expect(check(bytes)).toBe(-1));

  test('skips floating point and undefined, which an unknown field may hold', () => {
    expect(check('84 f9 3c00 fa 00000000 fb 0000000000000000 f7')).toBe(19);
  });

  test('goes eight containers deep and no deeper', () => {
    expect(check(`${'81'.repeat(8)}00`)).toBe(9);
    expect(check(`${'81'.repeat(9)}00`)).toBe(-1);
    expect(check('9f'.repeat(8) + 'ff'.repeat(8))).toBe(16);
    expect(check('9f'.repeat(9) + 'ff'.repeat(9))).toBe(-1);
    expect(check('81'.repeat(2000))).toBe(-1);
  });

  test('takes 256 items and no more', () => {
    expect(check(`98ff${'00'.repeat(255)}`)).toBe(257);
    expect(check(`990100${'00'.repeat(256)}`)).toBe(-1);
  });

  test('never traps on noise, nor accepts more than it was given', () => {
    const heads = fc.constantFrom(0x9f, 0xbf, 0xff, 0x81, 0xa1, 0x5f, 0x7f, 0x1b, 0x5b, 0xbb, 0xc0, 0xf6);
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.nat(255), heads), { maxLength: 60 }), (noise) => {
        const bytes = Uint8Array.from(noise);
        const size = check(bytes);
        expect(size).toBeLessThanOrEqual(bytes.length);
        if (size > 0) expect(() => walk(input)).not.toThrow();
        expect(check(bytes)).toBe(size);
      }),
      cases(2000),
    );
  });

  test('every prefix of a good item is refused', () => {
    const bytes = encoder.encode({ off: 70000, data: new Uint8Array(30), nested: [{ a: [1, -2, 'text'] }, true] });
    for (let length = 0; length < bytes.length; length++) expect(check(bytes.subarray(0, length))).toBe(-1);
  });
});

describe('writing CBOR', () => {
  // From RFC 8949, appendix A.
  test.each([
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [255, '18ff'],
    [256, '190100'],
    [1000000, '1a000f4240'],
    [1000000000000, '1b000000e8d4a51000'],
    [-1, '20'],
    [-100, '3863'],
    [-1000, '3903e7'],
  ])('writes %i in its shortest form', (value, bytes) => {
    expect(Buffer.from(write(value) ?? []).toString('hex')).toBe(bytes);
  });

  test('writes what a real server answers to an echo and to an enumeration of groups', () => {
    expect(Buffer.from(write({ r: 'hello' }) ?? []).toString('hex')).toBe('bf61726568656c6c6fff');
    const groups = { groups: [10, 8, 0, 3, 9, 2, 63] };
    expect(Buffer.from(write(groups) ?? []).toString('hex')).toBe('bf6667726f7570739f0a0800030902183fffff');
  });

  test('writes a literal as text', () => {
    cbor.writerStart(output, 16);
    cbor.writeTextOff();
    expect(Buffer.from(memory.slice(output, output + cbor.writerFinish())).toString('hex')).toBe('636f6666');
  });

  test('says so when the room does not suffice, and writes nothing behind it', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(100), (value, capacity) => {
        const whole = write(value);
        const bytes = write(value, capacity);
        expect(bytes).toEqual(whole && whole.length <= capacity ? whole : undefined);
      }),
    );
  });
});
