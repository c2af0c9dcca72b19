// Laws of the flash, over random operations: it equals a simple model, a cut tears one unit at most, a snapshot holds it all.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FLASH } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { cases } from '../testing/cases.ts';
import { type Flash, unitProgramNs } from './flash.ts';
import { finish, makeFlashRig, read, startErase, startProgram, status } from './flash-rig.ts';
import { microseconds, type Rig } from './rig.ts';

const { DONE, PROGRAM_ERROR } = FLASH.registers.STATUS.fields;
const { STORAGE, SECTOR_SIZE, PAGE_SIZE, UNIT_SIZE } = MemoryMap;

const sectors = 2;
const step = fc.oneof(
  { weight: 1, arbitrary: fc.record({ sector: fc.integer({ min: 0, max: sectors - 1 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      unit: fc.integer({ min: 0, max: (sectors * SECTOR_SIZE) / UNIT_SIZE - 1 }),
      data: fc.uint8Array({ minLength: UNIT_SIZE, maxLength: PAGE_SIZE }),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Whole units of the data that fit the page. */
function clip({ unit: number, data }: { unit: number; data: Uint8Array }) {
  const address = STORAGE + number * UNIT_SIZE;
  const room = PAGE_SIZE - (address % PAGE_SIZE);
  return { address, data: data.subarray(0, Math.min(room, data.length - (data.length % UNIT_SIZE))) };
}

/** The reference: an array, a fill and an AND. True when a one was wanted of a zero. */
function applyTo(model: Uint8Array, next: Step): boolean {
  if ('sector' in next) {
    model.fill(0xff, next.sector * SECTOR_SIZE, (next.sector + 1) * SECTOR_SIZE);
    return false;
  }
  const { address, data } = clip(next);
  let error = false;
  for (const [i, byte] of data.entries()) {
    const at = address - STORAGE + i;
    if ((byte & ~model[at]) !== 0) error = true;
    model[at] &= byte;
  }
  return error;
}

function start(rig: Rig<Flash>, next: Step): void {
  if ('sector' in next) startErase(rig, STORAGE + next.sector * SECTOR_SIZE);
  else {
    const { address, data } = clip(next);
    startProgram(rig, address, data);
  }
}

test('any sequence of operations equals the reference model, byte for byte and error for error', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const rig = makeFlashRig();
      const model = new Uint8Array(sectors * SECTOR_SIZE).fill(0xff);
      for (const next of steps) {
        start(rig, next);
        rig.machine.handleNext();
        expect((status(rig) & PROGRAM_ERROR.mask) !== 0).toBe(applyTo(model, next));
        rig.machine.poke(FLASH, 'STATUS', DONE.mask | PROGRAM_ERROR.mask);
      }
      expect(read(rig, STORAGE, model.length)).toEqual(model);
      expect(read(rig, STORAGE - 1, 1)[0] & read(rig, STORAGE + model.length, 1)[0]).toBe(0xff);
    }),
    cases(60),
  );
});

test('a cut anywhere in a program: units before it are done, one mixes old and new bits, the rest are as before', () => {
  const cut = fc.double({ min: 0, max: 1, noNaN: true });
  const first = fc.uint8Array({ minLength: PAGE_SIZE, maxLength: PAGE_SIZE });
  fc.assert(
    fc.property(first, first, cut, fc.integer(), (before, wanted, when, seed) => {
      const rig = makeFlashRig(seed);
      rig.machine.flash.writeBytes(STORAGE, before);
      startProgram(rig, STORAGE, wanted);
      const elapsed = Math.floor(when * (microseconds(400) - 1));
      rig.skip(elapsed);
      rig.cutPower();
      const left = read(rig, STORAGE, PAGE_SIZE);
      const torn = Math.floor(elapsed / unitProgramNs);
      for (let i = 0; i < PAGE_SIZE; i++) {
        const after = before[i] & wanted[i];
        if (i < torn * UNIT_SIZE) expect(left[i]).toBe(after);
        else if (i >= (torn + 1) * UNIT_SIZE) expect(left[i]).toBe(before[i]);
        else expect((left[i] ^ before[i]) & ~(before[i] ^ after)).toBe(0);
      }
    }),
    cases(60),
  );
});

test('snapshot, go another way, restore: the operation and the array go on as if nothing had been', () => {
  fc.assert(
    fc.property(step, step, fc.integer({ min: 0, max: unitProgramNs - 1 }), (one, other, ns) => {
      const rig = makeFlashRig();
      const model = new Uint8Array(sectors * SECTOR_SIZE).fill(0xff);
      applyTo(model, one);
      start(rig, one);
      rig.skip(ns);
      const restore = rig.snapshot();
      const hash = () => rig.machine.logbook.hash;
      finish(rig);
      const straight = hash();
      start(rig, other);
      rig.cutPower();
      rig.powerOn();
      restore();
      finish(rig);
      expect(hash()).toBe(straight);
      expect(read(rig, STORAGE, model.length)).toEqual(model);
    }),
    cases(40),
  );
});
