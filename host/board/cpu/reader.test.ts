import { describe, expect, it } from 'vitest';
import { cleanName, readFunctionNames } from './names.ts';
import { OffsetMap } from './offset-map.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

const reader = (...bytes: number[]) => new Reader(Uint8Array.from(bytes));

describe('LEB128 integers', () => {
  it.each([
    [0, [0]],
    [127, [0x7f]],
    [128, [0x80, 0x01]],
    [624485, [0xe5, 0x8e, 0x26]],
    [0xffff_ffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
    [1, [0x81, 0x80, 0x80, 0x80, 0x00]],
  ])('unsigned %d', (value, bytes) => expect(reader(...bytes).u32('it')).toBe(value));

  it.each([
    [0, [0]],
    [-1, [0x7f]],
    [63, [0x3f]],
    [64, [0xc0, 0x00]],
    [-123456, [0xc0, 0xbb, 0x78]],
    [-0x8000_0000, [0x80, 0x80, 0x80, 0x80, 0x78]],
    [0x7fff_ffff, [0xff, 0xff, 0xff, 0xff, 0x07]],
  ])('signed %d', (value, bytes) => expect(reader(...bytes).s32('it')).toBe(value));

  it('that are too long or too large are refused', () => {
    expect(() => reader(0xff, 0xff, 0xff, 0xff, 0x1f).u32('a count')).toThrow(/a count does not fit 32 bits/);
    expect(() => reader(0x80, 0x80, 0x80, 0x80, 0x80, 0x00).u32('a count')).toThrow(/does not fit 32 bits/);
    expect(() => reader(0x80, 0x80, 0x80, 0x80, 0x08).s32('a constant')).toThrow(/does not fit 32 bits/);
    expect(() => reader(...new Array(10).fill(0x80), 0).skipSigned(64, 'a constant')).toThrow(/does not fit 64 bits/);
    expect(() => reader(...new Array(9).fill(0x80), 0x02).skipSigned(64, 'a constant')).toThrow(/does not fit 64 bits/);
  });

  it('that are cut off are refused with the place and what was expected', () => {
    expect(() => reader(0x80).u32('a type index')).toThrow(/byte 0x1: the image ends where a type index should be/);
  });

  it('come back as they were written', () => {
    const values = [0, 1, -1, 63, 64, -64, -65, 8191, -8193, 0x7fff_ffff, -0x8000_0000];
    const out = new Writer(1);
    for (const value of values) out.s32(value);
    for (const value of values) out.u32(value >>> 0);
    const back = new Reader(out.bytes);
    expect(values.map(() => back.s32('it'))).toEqual(values);
    expect(values.map(() => back.u32('it'))).toEqual(values.map((value) => value >>> 0));
    expect(back.done).toBe(true);
  });
});

describe('counts and names', () => {
  it('a count larger than the bytes left is a lie', () => {
    expect(() => reader(3, 0, 0).count('types')).toThrow(/3 types cannot fit the 2 bytes left/);
    expect(reader(2, 0, 0).count('types')).toBe(2);
  });

  it('a name must be UTF-8', () => {
    expect(reader(3, 0x62, 0x75, 0x73).name('a module')).toBe('bus');
    expect(() => reader(2, 0xc3, 0x28).name('a module')).toThrow(/a module is not UTF-8/);
  });
});

describe('function names', () => {
  const section = (...bytes: number[]) => {
    const names = new Map<number, string>();
    readFunctionNames(Uint8Array.from(bytes), 0, bytes.length, names);
    return names;
  };

  it('are read from their subsection, and others are skipped', () => {
    expect([...section(0, 2, 1, 0x6d, 1, 6, 1, 7, 3, 0x61, 0x2f, 0x62)]).toEqual([[7, 'a/b']]);
  });

  it('of a broken section are those before the break', () => {
    expect([...section(1, 9, 2, 7, 2, 0x6f, 0x6b, 8, 99, 0x61, 0x62)]).toEqual([[7, 'ok']]);
    expect([...section(1, 0xff, 0xff, 0xff, 0x7f)]).toEqual([]);
  });

  it('keep AssemblyScript’s path form and lose what would garble a terminal', () => {
    expect(cleanName('bootloader/main/reset')).toBe('bootloader/main/reset');
    expect(cleanName('~lib/array/Array<u8>#push|trampoline')).toBe('~lib/array/Array<u8>#push|trampoline');
    expect(cleanName('red\u001b[31m alert\n')).toBe('red_[31m_alert_');
    expect(cleanName('x'.repeat(1000)).length).toBe(160);
  });
});

describe('offsets of metered code', () => {
  it('lead back to the image; code put in belongs to what follows it', () => {
    const map = new OffsetMap();
    map.add(100, 40); // ten bytes are copied
    map.add(126, 50); // sixteen were put in
    expect([100, 109, 110, 115, 125, 126, 130].map((offset) => map.originalOf(offset))).toEqual([
      40, 49, 50, 50, 50, 50, 54,
    ]);
    expect(map.originalOf(3)).toBe(0);
  });
});
