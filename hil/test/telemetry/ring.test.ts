// The telemetry ring under random appends, acknowledgements and resets, each reset after any write: nothing is lost that is not counted, nothing is
// told twice, the order stays, the lowest class goes first.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { cases } from '../../../host/board/testing/cases.ts';
import { RETAINED } from '../../../protocol/generated/registers.ts';
import { TelemetryClassNumber, telemetryKinds } from '../../../protocol/telemetry/records.ts';
import { compileRing, type Kept, numberOf, Ring } from './ring.ts';

const { BULK, HEARTBEAT, CRITICAL } = TelemetryClassNumber;
const droppedKind = telemetryKinds.dropped.number;
const oneBlock = 3;
const twoBlocks = 23;
const blocks = 254;

beforeAll(compileRing);

/** The laws that hold at any time. */
function checkLaws(ring: Ring): Kept[] {
  ring.tellDropped();
  const all = ring.all();
  const numbers = all.map(numberOf);
  expect(numbers, 'the order of numbers').toEqual([...new Set(numbers)].sort((a, b) => a - b));
  for (const one of all) {
    expect(ring.acknowledged.has(numberOf(one)), `${one.boot}/${one.sequence} was acknowledged`).toBe(false);
    if (one.kind === droppedKind) continue;
    expect(one.id, `${one.boot}/${one.sequence} is what was appended`).toBe(ring.given.get(numberOf(one)));
    expect(one.body).toEqual(Array.from({ length: one.words }, (_, word) => one.id + word));
  }
  const told = [...all, ...ring.acknowledged.values()];
  const isTold = new Set(told.map(numberOf));
  // Numbers of `dropped` records that were dropped themselves: not in `given`, and counted all the same.
  const counted = told.filter(({ kind }) => kind === droppedKind).reduce((sum, { body }) => sum + body[0], 0);
  const lost = [...ring.given.keys()].filter((number) => !isTold.has(number)).length;
  const lostCounts = ring.numbersUsed() - ring.given.size - told.filter(({ kind }) => kind === droppedKind).length;
  expect(counted, 'what was dropped is what is missing').toBe(lost + lostCounts);
  return all;
}

const levels = fc.constantFrom(BULK, HEARTBEAT, CRITICAL);
const words = fc.constantFrom(oneBlock, twoBlocks);
type Step = (ring: Ring) => void;
const appends = fc.tuple(levels, words, fc.integer({ min: 1, max: 90 })).map(
  ([level, size, times]): Step =>
    (ring) => {
      for (let time = 0; time < times; time++) ring.append(level, size);
    },
);
const acknowledges = fc.double({ min: 0, max: 1, noNaN: true }).map(
  (share): Step =>
    (ring) =>
      ring.acknowledge(share),
);
const tells = fc.constant<Step>((ring) => ring.tellDropped());
const resets = fc.constant<Step>((ring) => ring.start());
const cuts = fc.tuple(levels, words, fc.nat(14)).map(
  ([level, size, writes]): Step =>
    (ring) =>
      ring.appendCut(level, size, writes),
);
const steps = fc.oneof(
  { weight: 6, arbitrary: appends },
  { weight: 2, arbitrary: acknowledges },
  { weight: 1, arbitrary: tells },
  { weight: 1, arbitrary: resets },
  { weight: 2, arbitrary: cuts },
);

describe('the telemetry ring', () => {
  test('loses nothing uncounted and tells nothing twice, whatever is appended and acknowledged, through resets', () => {
    fc.assert(
      fc.property(fc.array(steps, { minLength: 1, maxLength: 25 }), (list) => {
        const ring = new Ring();
        for (const step of list) step(ring);
        checkLaws(ring);
      }),
      cases(60),
    );
  });

  test('a reset before any write of an append, an acknowledgement or a count leaves a ring in which the laws hold', () => {
    const acts: [string, (ring: Ring) => void][] = [
      ['append to a full ring', (ring) => ring.append(HEARTBEAT, twoBlocks)],
      ['append of the lowest class to a full ring', (ring) => ring.append(BULK, oneBlock)],
      ['acknowledgement', (ring) => ring.part.acknowledge(1, 100)],
      ['count of what was dropped', (ring) => ring.tellDropped()],
    ];
    for (const [name, act] of acts)
      for (let writes = 0; writes < 14; writes++) {
        const ring = new Ring();
        for (let record = 0; record < 300; record++) ring.append(record % 3 === 0 ? CRITICAL : HEARTBEAT, oneBlock);
        const before = ring.all();
        const next = ring.next();
        ring.cutAfter(writes, () => act(ring));
        const after = ring.all();
        const wasGiven = ring.nextAtStart > next;
        const numbers = new Set(after.map(numberOf));
        const gone = before.filter((one) => !numbers.has(numberOf(one)));
        if (name === 'acknowledgement') {
          const released = before.filter((one) => one.sequence <= 100);
          expect([0, released.length], `${name}, ${writes} writes`).toContain(gone.length);
          continue;
        }
        ring.tellDropped();
        const counts = ring.all().filter(({ kind }) => kind === droppedKind);
        const counted = counts.reduce((sum, { body }) => sum + body[0], 0);
        const kept = ring.all().filter(({ kind, boot }) => kind !== droppedKind && boot === 1).length;
        const appended = 300 + (wasGiven && name !== 'count of what was dropped' ? 1 : 0);
        expect(kept + counted, `${name}, ${writes} writes`).toBe(appended);
      }
  });

  test('drops bulk first, then heartbeats, then critical records, the oldest first', () => {
    const ring = new Ring();
    for (let record = 0; record < 84; record++)
      for (const level of [CRITICAL, BULK, HEARTBEAT]) ring.append(level, oneBlock);
    for (let record = 0; record < blocks; record++) {
      const before = ring.all();
      ring.append(CRITICAL, oneBlock);
      const after = new Set(ring.all().map(numberOf));
      for (const victim of before.filter((one) => !after.has(numberOf(one)))) {
        const lowest = Math.min(...before.map(({ level }) => level));
        expect(victim.level).toBe(lowest);
        expect(victim).toBe(before.find(({ level }) => level === lowest));
      }
    }
    expect(ring.all().every(({ level }) => level === CRITICAL)).toBe(true);
    ring.append(BULK, oneBlock);
    expect(ring.all().every(({ level }) => level === CRITICAL)).toBe(true);
    checkLaws(ring);
  });

  test('a count that is dropped itself is counted on', () => {
    const ring = new Ring();
    for (let record = 0; record < blocks + 10; record++) ring.append(CRITICAL, oneBlock);
    ring.tellDropped();
    for (let record = 0; record < 2 * blocks; record++) ring.append(CRITICAL, oneBlock);
    const [last] = checkLaws(ring).slice(-1);
    // Its own number is lost with it: so many are missing in front of those that are kept.
    expect(last).toMatchObject({ kind: droppedKind, body: [10 + 1 + 2 * blocks + 2 - 1, 1, 0, 1, 2 * blocks + 11] });
  });

  test('a number that its client has acknowledged comes back after no reset', () => {
    const ring = new Ring();
    for (let record = 0; record < 20; record++) ring.append(HEARTBEAT, twoBlocks);
    ring.acknowledge(0.5);
    const kept = ring.all();
    ring.start();
    expect(ring.kept).toBe(true);
    expect(ring.all()).toEqual(kept);
    checkLaws(ring);
  });

  test('entries that left the recorder use up their numbers, and are counted', () => {
    const ring = new Ring();
    ring.append(CRITICAL, oneBlock);
    ring.part.skipLost(44);
    ring.tellDropped();
    const [, told] = ring.all();
    expect(told).toMatchObject({ sequence: 45, kind: droppedKind, body: [44, 1, 1, 1, 44] });
    expect(ring.part.entriesTaken()).toBe(44);
  });

  test('what memory holds after power-on is never a record, and neither is a record with a flipped bit', () => {
    const random = fc.infiniteStream(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
    fc.assert(
      fc.property(random, (stream) => {
        const ring = new Ring();
        const { count } = RETAINED.registers.DATA;
        for (let word = 0; word < count; word++)
          ring.machine.poke(RETAINED, 'DATA', (stream.next().value as number) >>> 0, word);
        ring.start();
        expect(ring.kept).toBe(false);
        expect(ring.all()).toEqual([]);
      }),
      cases(5),
    );
    const ring = new Ring();
    for (let record = 0; record < 3; record++) ring.append(CRITICAL, oneBlock);
    const [first, second, third] = ring.all();
    // The ring takes its last blocks first.
    const word = (254 * 16) | 9;
    ring.machine.poke(RETAINED, 'DATA', ring.machine.peek(RETAINED, 'DATA', word) ^ 4, word);
    ring.start();
    expect(ring.all()).toEqual([first, third]);
    expect(second.sequence).toBe(1);
  });
});
