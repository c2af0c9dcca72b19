import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Arena } from '../arena.ts';
import { ByteRing } from './byte-ring.ts';

const capacity = 16;
const makeRing = () => new ByteRing(new Arena(64), capacity);

test('whatever is pushed and popped, one by one or many at once, it is a queue', () => {
  const step = fc.record({ push: fc.boolean(), atOnce: fc.boolean(), count: fc.integer({ min: 0, max: capacity }) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const ring = makeRing();
      const model: number[] = [];
      let next = 0;
      for (const { push, atOnce, count } of steps) {
        const length = Math.min(count, push ? ring.free : ring.length);
        const bytes = Uint8Array.from({ length }, () => (push ? next++ : 0));
        if (push && atOnce) ring.pushAll(bytes, length);
        else if (push) for (const byte of bytes) ring.push(byte);
        else if (atOnce) ring.popAll(bytes, length);
        else for (let i = 0; i < length; i++) bytes[i] = ring.pop();
        if (push) model.push(...bytes);
        else expect([...bytes]).toEqual(model.splice(0, length));
        expect([ring.length, ring.free]).toEqual([model.length, capacity - model.length]);
      }
    }),
  );
});

test('past its ends it says so', () => {
  const ring = makeRing();
  expect(() => ring.pop()).toThrow('empty');
  ring.pushAll(new Uint8Array(capacity), capacity);
  expect(() => ring.push(0)).toThrow('full with 16 bytes');
  expect(() => ring.pushAll(new Uint8Array(1), 1)).toThrow('1 bytes do not fit, 0 do');
  expect(() => ring.popAll(new Uint8Array(17), 17)).toThrow('17 bytes requested, 16 are there');
  ring.clear();
  expect(ring.free).toBe(capacity);
  expect(() => new ByteRing(new Arena(64), 12)).toThrow('12 is not a power of two');
});
