// The array against the plainest model there is: two megabytes in one piece.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlashArray, flashSize, pageBytes } from './flash-array.ts';
import { cases } from './testing/cases.ts';

const noChance = () => 0;
const address = fc.integer({ min: 0, max: 4 * pageBytes - 1 });
const bytes = fc.uint8Array({ minLength: 1, maxLength: 600 });
type Step =
  | { does: 'write'; address: number; bytes: Uint8Array }
  | { does: 'write word'; address: number; value: number }
  | { does: 'erase'; address: number }
  | { does: 'share' }
  | { does: 'go back' };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ does: fc.constant('write' as const), address, bytes }),
  fc.record({ does: fc.constant('write word' as const), address: address.map((at) => at & ~3), value: fc.integer() }),
  fc.record({ does: fc.constant('erase' as const), address: address.map((at) => at & ~0xfff) }),
  fc.constant({ does: 'share' as const }),
  fc.constant({ does: 'go back' as const }),
);

describe('the flash array', () => {
  it('holds what a plain array of bytes would hold, whatever is written, erased, pictured and put back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const array = new FlashArray(noChance);
        let model = new Uint8Array(5 * pageBytes).fill(0xff);
        let [picture, pictured] = [array.picture(), model.slice()];
        for (const todo of steps) {
          if (todo.does === 'write') {
            array.writeBytes(todo.address, todo.bytes);
            model.set(todo.bytes, todo.address);
          } else if (todo.does === 'write word') {
            array.writeWord(todo.address, todo.value);
            new DataView(model.buffer).setInt32(todo.address, todo.value, true);
          } else if (todo.does === 'erase') {
            array.erasePage(todo.address);
            model.fill(0xff, todo.address, todo.address + pageBytes);
          } else if (todo.does === 'share') [picture, pictured] = [array.picture(), model.slice()];
          else {
            array.show(picture);
            model = pictured.slice();
          }
        }
        const read = new Uint8Array(model.length);
        array.readBytes(0, read);
        expect(Buffer.compare(read, model)).toBe(0);
        expect(array.readWord(8)).toBe(new DataView(model.buffer).getInt32(8, true));
      }),
      cases(200),
    );
  });

  it('copies only the page that is written after a picture was taken', () => {
    const array = new FlashArray(noChance);
    array.writeBytes(0, new Uint8Array(3 * pageBytes));
    const before = array.picture();
    array.writeWord(pageBytes, 5);
    const after = array.picture();
    expect(before.cells.map((page, i) => page === after.cells[i]).slice(0, 3)).toEqual([true, false, true]);
  });

  it('tells whether a range is still the pages somebody has seen', () => {
    const array = new FlashArray(noChance);
    array.writeBytes(0, Uint8Array.of(1, 2, 3));
    const pages = array.sharePages(0, 3) ?? [];
    expect(array.hasPages(0, pages)).toBe(true);
    array.writeBytes(pageBytes, Uint8Array.of(9));
    expect(array.hasPages(0, pages)).toBe(true);
    array.writeBytes(2, Uint8Array.of(4));
    expect(array.hasPages(0, pages)).toBe(false);
  });

  it('reads weak bits anew at each read, until the page is erased; others stay firm', () => {
    let chance = 0;
    const array = new FlashArray(() => ~(chance++ & 1));
    array.writeWord(0, 0x0f);
    array.setWeak(0, 0xf0);
    expect([array.readWord(0), array.readWord(0)]).toEqual([0xff, 0xff]);
    expect(array.readWord(4)).toBe(-1);
    expect(array.image()[0]).toBe(0x0f);
    array.erasePage(0);
    expect([array.readWord(0), array.weakBits(0)]).toEqual([-1, 0]);
  });

  it('changes weak bits alone in a read of any length from any address, as reads of words do', () => {
    const numbers = [0x1234_5678, 0x9abc_def0, 0xffff_ffff, 0x0f0f_0f0f];
    const reading = () => {
      let draws = 0;
      const array = new FlashArray(() => numbers[draws++ % numbers.length]);
      for (let word = 0; word < 64; word++) array.writeWord(4 * word, 0x0102_0304 * word);
      for (const word of [3, 4, 7, 40]) array.setWeak(4 * word, 0xf0_0f_ff_01);
      return array;
    };
    for (let from = 10; from < 18; from++)
      for (const length of [1, 2, 5, 24, 64, 65, 150]) {
        const [bytes, words] = [new Uint8Array(length), reading()];
        reading().readBytes(from, bytes);
        const whole = new Uint8Array(256);
        const view = new DataView(whole.buffer);
        for (let word = from >> 2; word < (from + length + 3) >> 2; word++)
          view.setInt32(4 * word, words.readWord(4 * word), true);
        expect(bytes, `${length} bytes from ${from}`).toEqual(whole.slice(from, from + length));
      }
  });

  it('does not take a range with weak bits for known', () => {
    const array = new FlashArray(noChance);
    array.setWeak(16, 1);
    expect(array.sharePages(0, 20)).toBeUndefined();
  });

  it('refuses bytes that are not all in it', () => {
    const array = new FlashArray(noChance);
    expect(() => array.writeBytes(flashSize - 1, new Uint8Array(2))).toThrow('not all in the array');
    expect(() => array.readBytes(-1, new Uint8Array(2))).toThrow('not all in the array');
  });
});
