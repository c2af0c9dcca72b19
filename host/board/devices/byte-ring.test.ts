import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../arena.ts';
import { ByteRing } from './byte-ring.ts';

test('whatever is pushed and popped, it is a queue', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -16, max: 16 })), (steps) => {
      const ring = new ByteRing(new Arena(64), 16);
      const model: number[] = [];
      let next = 0;
      for (const step of steps) {
        for (let i = 0; i < step && ring.free > 0; i++) {
          ring.push(next & 0xff);
          model.push(next++ & 0xff);
        }
        for (let i = 0; i > step && ring.length > 0; i--) expect(ring.pop()).toBe(model.shift());
        expect([ring.length, ring.free]).toEqual([model.length, 16 - model.length]);
      }
    }),
  );
});

test('past its ends it says so', () => {
  const ring = new ByteRing(new Arena(64), 16);
  expect(() => ring.pop()).toThrow('empty');
  ring.pushAll(new Uint8Array(16), 16);
  expect(() => ring.push(0)).toThrow('full with 16 bytes');
  ring.clear();
  expect(ring.free).toBe(16);
  expect(() => new ByteRing(new Arena(64), 12)).toThrow('12 is not a power of two');
});
