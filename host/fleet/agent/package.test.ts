import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import { generateKey, signImage } from '../../tools/image/index.ts';
import { describedAs, packageOf } from '../testing/swu.ts';
import { imageIn } from './package.ts';

const { privateKeyPem } = generateKey(new Uint8Array(32).fill(1));
const imageOf = (bytes: number) =>
  signImage({ payload: new Uint8Array(bytes).fill(7), privateKeyPem, version: '1.0.0', securityCounter: 1 });
const image = imageOf(61);
const described = describedAs('1.0.0', 'app.bin');
const packed = packageOf(described, { 'app.bin': image });

describe('an image in a package of SWUpdate', () => {
  test('is found, of any length, beside other files', () => {
    for (const bytes of [1, 2, 3, 4]) {
      const one = imageOf(bytes);
      const files = { 'before.sh': Buffer.from('echo before\n'), 'app.bin': one, 'after.txt': new Uint8Array(0) };
      expect(Buffer.from(imageIn(packageOf(described, files)))).toEqual(Buffer.from(one));
    }
  });

  test('is the file itself where that is no package', () => {
    expect(imageIn(image)).toBe(image);
    expect(imageIn(new Uint8Array(3))).toHaveLength(3);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['has none', packageOf(described, { 'app.bin': Buffer.from('nothing of ours') }), /has 0 images/],
    ['has two', packageOf(described, { 'a.bin': image, 'b.bin': image }), /has 2 images/],
    ['is cut in a file', packed.subarray(0, 400), /is cut: \d+ bytes expected, 400 are there/],
    ['is cut behind one', packed.subarray(0, packed.length - 124), /expected the header of a file at byte/],
    ['has no description', renamed('sw-description', 'aa-description'), /begins with 'aa-desc/],
    ['has one changed byte', flipped(packed, packed.length - 200), /have another sum/],
    ['has a number that is none', Buffer.from(`${packed.toString('latin1', 0, 54)}zzzzzzzz`.padEnd(200)), /is none/],
  ])('is not taken from one that %s', (_what, bytes, reason) => {
    expect(() => imageIn(bytes)).toThrow(reason);
  });

  test('is refused with words, whatever is changed in the package, or is the image', () => {
    const change = fc.record({ at: fc.nat(packed.length - 1), bits: fc.integer({ min: 1, max: 255 }) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), fc.nat(packed.length), (changes, cut) => {
        const bytes = Buffer.from(packed.subarray(0, cut));
        for (const { at, bits } of changes) if (at < cut) bytes[at] ^= bits;
        try {
          expect(imageIn(bytes).length).toBeLessThanOrEqual(bytes.length);
        } catch (error) {
          expect((error as Error).name).toBe('DdiError');
        }
      }),
      cases(300),
    );
  });
});

function renamed(from: string, to: string): Uint8Array {
  return Buffer.from(packed.toString('latin1').replace(from, to), 'latin1');
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1;
  return copy;
}
