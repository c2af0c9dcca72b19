// The small parts everything stands on: the arena, the event queue, chance, and the log's hash.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena } from './arena.ts';
import { Clock, takeClock } from './clock.ts';
import { EventQueue, eventCapacity } from './event-queue.ts';
import { hashOf, Log, LogKind } from './log.ts';
import { Random } from './random.ts';

describe('the arena', () => {
  it('gives pieces that do not overlap, and copies them all at once', () => {
    const arena = new Arena();
    const [bytes, words, floats] = [arena.bytes(3), arena.words(2), arena.floats(1)];
    arena.seal();
    bytes.fill(1);
    words.fill(2);
    floats[0] = 3.5;
    const copy = new Uint8Array(arena.size);
    arena.copyTo(copy);
    for (const piece of [bytes, words, floats]) piece.fill(0);
    arena.copyFrom(copy);
    expect([...bytes, ...words, ...floats]).toEqual([1, 1, 1, 2, 2, 3.5]);
  });

  it('refuses pieces after it was sealed, pieces it has no room for, and states of another size', () => {
    const arena = new Arena(64);
    expect(() => arena.bytes(65)).toThrow('65 bytes requested, 64 left');
    arena.seal();
    expect(() => arena.words(1)).toThrow('while the board is constructed');
    expect(() => arena.copyFrom(new Uint8Array(8))).toThrow('does not fit');
  });
});

function makeQueue(): { queue: EventQueue; due: () => number } {
  const arena = new Arena();
  const clock = takeClock(arena);
  return { queue: new EventQueue(arena, clock), due: () => clock[Clock.DUE] };
}

describe('the event queue', () => {
  const event = fc.record({ time: fc.integer({ min: 0, max: 9 }), kind: fc.integer({ min: 1, max: 4 }) });

  it('gives events by time, and those of equal time in the order they were scheduled, whatever was cancelled in between', () => {
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: eventCapacity }),
        fc.array(fc.integer({ min: 1, max: 4 })),
        (events, cancelled) => {
          const { queue, due } = makeQueue();
          for (const [order, { time, kind }] of events.entries()) queue.schedule(time, kind, order);
          for (const kind of cancelled) queue.cancel(kind);
          const left = events
            .map((each, order) => ({ ...each, order }))
            .filter(({ kind }) => !cancelled.includes(kind));
          left.sort((a, b) => a.time - b.time || a.order - b.order);
          for (const { time, kind, order } of left) {
            expect(due()).toBe(time);
            expect(queue.timeOf(Uint8Array.from({ length: 5 }, (_, each) => Number(each === kind)))).toBe(time);
            expect(queue.pop()).toMatchObject({ time, kind, a: order });
          }
          expect(due()).toBe(Number.POSITIVE_INFINITY);
          expect(queue.length).toBe(0);
        },
      ),
    );
  });

  it('refuses more events than it has room for, and invalid times', () => {
    const { queue } = makeQueue();
    for (let i = 0; i < eventCapacity; i++) queue.schedule(i, 1);
    expect(() => queue.schedule(0, 7)).toThrow('event 7 does not fit');
    expect(() => makeQueue().queue.schedule(0.5, 7)).toThrow('0.5 is not a time');
    expect(() => makeQueue().queue.pop()).toThrow('nothing to take');
  });

  it('makes every access look up when told to, and still reports the next time', () => {
    const { queue, due } = makeQueue();
    queue.schedule(5, 1);
    queue.watchEveryAccess(true);
    expect([due(), queue.nextTime]).toEqual([Number.NEGATIVE_INFINITY, 5]);
    queue.watchEveryAccess(false);
    expect(due()).toBe(5);
  });
});

describe('chance', () => {
  const draw = (seed: number, count: number) => {
    const random = new Random(seed);
    return Array.from({ length: count }, () => random.next());
  };

  it('is the same for the same seed, and another for another', () => {
    expect(draw(5, 100)).toEqual(draw(5, 100));
    for (const other of [0, 4, 6, -5, 5 + 2 ** 32, 2 ** 52]) expect(draw(other, 4)).not.toEqual(draw(5, 4));
  });

  it('has each of its 32 bits set half of the time', () => {
    const numbers = draw(1, 4000);
    for (let bit = 0; bit < 32; bit++) {
      const ones = numbers.filter((number) => (number >>> bit) & 1).length;
      expect(Math.abs(ones - 2000), `bit ${bit}`).toBeLessThan(200);
    }
  });

  it('refuses a seed that is no integer', () => {
    expect(() => draw(0.5, 1)).toThrow('must be an integer');
  });
});

describe('the log hash', () => {
  const hashAfter = (...records: [number, number, number, number][]) => {
    const log = new Log(new Arena(64));
    for (const record of records) log.add(...record);
    return log.hash;
  };

  it('depends on every part of every record, and on their order', () => {
    const base: [number, number, number, number] = [1, 2, 3, 4];
    const others = [
      [1 + 2 ** 32, 2, 3, 4],
      [1, 3, 3, 4],
      [1, 2, 4, 4],
      [1, 2, 3, 5],
      [2, 1, 3, 4],
      [1, 2, 4, 3],
    ] as (typeof base)[];
    const hashes = [
      hashAfter(),
      hashAfter(base),
      ...others.map((other) => hashAfter(other)),
      hashAfter(base, others[0]),
      hashAfter(others[0], base),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('has no two equal values in fifty thousand records that differ in one bit or two', () => {
    const hashes = new Set<string>();
    let count = 0;
    for (let i = 0; i < 32; i++) {
      for (let j = 0; j < 32; j++) {
        for (let k = 0; k < 48; k++) {
          hashes.add(hashAfter([2 ** k, 9, 1 << i, 1 << j]));
          count++;
        }
      }
    }
    expect(hashes.size).toBe(count);
  });

  it('has a number of its own for each kind of record', () => {
    const numbers = Object.values(LogKind);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it('of bytes tells bytes apart', () => {
    const hashes = new Set<number>();
    for (let i = 0; i < 256; i++)
      for (let length = 1; length < 20; length++) hashes.add(hashOf(new Uint8Array(length).fill(i)));
    expect(hashes.size).toBe(256 * 19);
  });
});
