// The security counter in the fuses: to any number from any other, over any cuts, and never beyond or back.

import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { GuestMachine } from '../../host/board/guest-machine.ts';
import { cases } from '../../host/board/testing/cases.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';
import { counterInFuses, fusesOfCounter } from '../../host/tools/image/security-counter.ts';
import { FUSES } from '../../protocol/generated/registers.ts';
import { SecurityCounter } from '../../protocol/image/security-counter.ts';
import { Fuse } from '../../protocol/memory-map.ts';

interface Guest extends Record<string, unknown> {
  securityCounter(): number;
  counterFits(counter: number): number;
  advanceCounter(counter: number): number;
  startCounter(counter: number): number;
  counterBusy(): number;
  burnWait(): number;
}

const board = new GuestMachine();
const cells = board.fuses.cells.subarray(Fuse.SECURITY_COUNTER, Fuse.SECURITY_COUNTER + Fuse.SECURITY_COUNTER_WORDS);
let guest: Guest;

beforeAll(async () => {
  guest = await instantiateGuest<Guest>('bootloader/image/security-counter.entry.ts', board.bus);
});

const counterNow = () => guest.securityCounter() >>> 0;
const anyCounter = fc.oneof(
  fc.nat(40),
  fc.record({ major: fc.nat(30), minor: fc.nat(30), revision: fc.nat(400) }).map(versionCounter),
  fc.integer({ min: 0, max: 0xffff_ffff }),
);

function versionCounter({ major, minor, revision }: { major: number; minor: number; revision: number }): number {
  return ((major << 24) | (minor << 16) | revision) >>> 0;
}

function usedCells(): number {
  const nibbles = [...cells].flatMap((word) => Array.from({ length: 8 }, (_, n) => (word >>> (4 * n)) & 15));
  return nibbles.findLastIndex((tick) => tick !== 0) + 1;
}

test('is zero on a new chip, and imgtool’s `auto` counters take no more than one tick a version', () => {
  cells.fill(0);
  expect(counterNow()).toBe(0);
  const story = ['1.0.0', '1.0.1', '1.1.0', '1.1.1', '1.1.2', '2.0.0', '2.1.0', '3.0.0'];
  for (const [index, version] of story.entries()) {
    const [major, minor, revision] = version.split('.').map(Number);
    expect(guest.advanceCounter(versionCounter({ major, minor, revision }))).toBe(1);
    expect(usedCells()).toBeLessThanOrEqual(index + 1);
  }
  expect(counterNow()).toBe(0x0300_0000);
});

test('comes to any number from any smaller one, exactly, in at most 57 ticks; a smaller one changes nothing', () => {
  fc.assert(
    fc.property(fc.array(anyCounter, { minLength: 1, maxLength: 5 }), (targets) => {
      cells.fill(0);
      let highest = 0;
      for (const target of targets) {
        const before = usedCells();
        expect(guest.advanceCounter(target)).toBe(1);
        highest = Math.max(highest, target);
        expect([counterNow(), counterInFuses(cells)]).toEqual([highest, highest]);
        expect(usedCells() - before).toBeLessThanOrEqual(57);
      }
    }),
    { ...cases(300), examples: [[[0xffff_ffff]]] },
  );
});

test('more ones in any cell never make a smaller number', () => {
  const words = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 2, maxLength: 2 });
  fc.assert(
    fc.property(words, fc.nat(63), (some, bit) => {
      cells.fill(0);
      cells.set(some);
      const before = counterNow();
      cells[bit >> 5] |= 1 << (bit & 31);
      expect(counterNow()).toBeGreaterThanOrEqual(before);
    }),
    cases(2000),
  );
});

test('cut in any burn and begun again, it arrives in as many cells as without a cut, and is never beyond', () => {
  fc.assert(
    fc.property(anyCounter, anyCounter, fc.array(fc.nat(15), { maxLength: 12 }), (from, to, cuts) => {
      cells.fill(0);
      guest.advanceCounter(from);
      const start = cells.slice();
      guest.advanceCounter(to);
      const needed = usedCells();
      cells.set(start);
      for (const kept of cuts) {
        burnPartly(to, kept);
        expect(counterNow()).toBeLessThanOrEqual(Math.max(from, to));
        expect(guest.counterFits(to)).toBe(1);
      }
      expect(guest.advanceCounter(to)).toBe(1);
      expect([counterNow(), usedCells()]).toEqual([Math.max(from, to), needed]);
    }),
    // The ones a cut leaves may be a smaller tick that goes just as far: 14 in place of 15 here.
    { ...cases(500), examples: [[0x0c00_00ac, 0x1000_0000, [14]]] },
  );
});

/** The next burn on the way to `to`, of which a cut leaves the ones that `kept` has in each cell, and nothing that would follow. */
function burnPartly(to: number, kept: number): void {
  const before = cells.slice();
  if (guest.startCounter(to) === 0) return;
  const word = board.machine.peek(FUSES, 'INDEX') - Fuse.SECURITY_COUNTER;
  const ones = board.machine.peek(FUSES, 'DATA');
  while (guest.counterBusy() !== 0) guest.burnWait();
  cells.set(before);
  cells[word] |= ones & Math.imul(kept, 0x1111_1111);
}

test('is refused as too far where the cells run out, and not burnt at all', () => {
  cells.fill(0x1111_1111);
  cells[31] = 0x0111_1111;
  expect(counterNow()).toBe(SecurityCounter.CELLS - 1);
  expect([guest.counterFits(257), guest.counterFits(258)]).toEqual([1, 0]);
  cells.set(fusesOfCounter(7));
  expect(guest.counterFits(0xffff_ffff)).toBe(1);
});
