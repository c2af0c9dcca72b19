import { Encoder } from 'cbor-x';
import { beforeAll, describe, expect, test } from 'vitest';
import { instantiateGuest } from '../../host/tools/guest.ts';

type Numbers = (...values: number[]) => number;
interface Fields extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  openFields: Numbers;
  fieldsOk: Numbers;
  findTextOff: Numbers;
  readOff(absent: bigint): bigint;
  readUpgrade: Numbers;
  readForce: Numbers;
}

const encoder = new Encoder({ useRecords: false, variableMapSize: true, tagUint8Array: false, mapsAsObjects: true });
const input = 0x10000;
let cbor: Fields;

beforeAll(async () => {
  cbor = await instantiateGuest<Fields>('protocol/guest/cbor.entry.ts');
});

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

function load(bytes: Uint8Array): number {
  new Uint8Array(cbor.memory.buffer).set(bytes, input);
  return bytes.length;
}

describe('the fields of a request', () => {
  const open = (value: unknown) =>
    cbor.openFields(input, load(value instanceof Buffer ? value : encoder.encode(value)));
  const off = () => Number(cbor.readOff(7n));

  test('are found whatever their order, and unknown ones are ignored', () => {
    expect(open({ a: [1, { off: 2 }], off: 5, z: null })).toBe(1);
    expect(off()).toBe(5);
    expect(cbor.fieldsOk()).toBe(1);
  });

  test('have their default when absent', () => {
    open({});
    expect([off(), cbor.readUpgrade(1), cbor.readForce(0)]).toEqual([7, 1, 0]);
    expect(cbor.fieldsOk()).toBe(1);
  });

  test.each([
    ['of the wrong type', { off: 'five' }],
    ['null', { off: null }],
    ['negative where a size is wanted', { off: -1 }],
    ['there twice', hex('a2 636f6666 01 636f6666 02')],
  ])('spoil the request when one is %s', (_what, value) => {
    expect(open(value)).toBe(1);
    off();
    expect(cbor.fieldsOk()).toBe(0);
  });

  test('that are text must be UTF-8, or they spoil the request', () => {
    open({ off: 'fünf' });
    expect(cbor.findTextOff()).not.toBe(0);
    expect(cbor.fieldsOk()).toBe(1);
    open(hex('a1 636f6666 64 66c36e66'));
    expect([cbor.findTextOff(), cbor.fieldsOk()]).toEqual([0, 0]);
  });

  test('may be there twice when nobody asks for them', () => {
    open(hex('a2 617a 01 617a 02'));
    expect(off()).toBe(7);
    expect(cbor.fieldsOk()).toBe(1);
  });

  test.each([
    ['an array', [1]],
    ['text', 'off'],
    ['nothing', Buffer.alloc(0)],
    ['noise', Buffer.from([0xff, 0xff])],
  ])('are not looked for in %s', (_what, value) => {
    expect(open(value)).toBe(0);
    expect([off(), cbor.fieldsOk()]).toEqual([7, 0]);
  });

  test('a flag may come as a boolean or as a number, and as nothing else', () => {
    const forces = [true, false, 0, 1, 5, -1].map((force) => {
      open({ force });
      return cbor.readForce(0);
    });
    expect(forces).toEqual([1, 0, 0, 1, 1, 1]);
    expect(cbor.fieldsOk()).toBe(1);
    open({ force: 'yes' });
    cbor.readForce(0);
    expect(cbor.fieldsOk()).toBe(0);
  });
});
