// Fuses only ever gain ones, keep them without power, and take their time to burn.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FUSES } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { LogKind } from '../log.ts';
import { cases, seeds } from '../testing/cases.ts';
import { burnNs, Fuses } from './fuses.ts';
import { Rig, refusal } from './rig.ts';

const makeRig = (seed = 1) => new Rig((machine) => new Fuses(machine), seed);
const { OPERATION, KEY } = FUSES.registers.COMMAND.fields;
const command = ((KEY.values.KEY << KEY.shift) | OPERATION.values.PROGRAM) >>> 0;
const { BUSY, DONE } = FUSES.registers.STATUS.fields;
const lastWord = Fuse.WORD_COUNT - 1;

function startBurn(rig: Rig<Fuses>, index: number, ones: number): void {
  rig.machine.poke(FUSES, 'INDEX', index);
  rig.machine.poke(FUSES, 'DATA', ones);
  rig.machine.poke(FUSES, 'COMMAND', command);
}

function burn(rig: Rig<Fuses>, index: number, ones: number): void {
  startBurn(rig, index, ones);
  rig.skip(burnNs);
  rig.machine.poke(FUSES, 'STATUS', DONE.mask);
}

test('a burn takes 20 us: busy and unchanged until then, done and burnt after', () => {
  const rig = makeRig();
  startBurn(rig, 3, 0x8000_0001);
  rig.skip(burnNs - 1);
  expect(rig.machine.peek(FUSES, 'STATUS')).toBe(BUSY.mask);
  expect(rig.machine.peek(FUSES, 'WORD', 3)).toBe(0);
  rig.skip(1);
  expect(rig.machine.peek(FUSES, 'STATUS')).toBe(DONE.mask);
  expect(rig.machine.peek(FUSES, 'WORD', 3)).toBe(0x8000_0001);
  expect(rig.records(LogKind.FUSE)).toEqual([{ timeNs: burnNs, kind: LogKind.FUSE, a: 3, b: 0x8000_0001 }]);
});

test('any sequence of burns is the union of their ones, word by word', () => {
  const burns = fc.array(fc.tuple(fc.integer({ min: 0, max: lastWord }), fc.integer({ min: 0, max: 0xffff_ffff })));
  fc.assert(
    fc.property(burns, (sequence) => {
      const rig = makeRig();
      const expected = new Uint32Array(Fuse.WORD_COUNT);
      for (const [index, ones] of sequence) {
        burn(rig, index, ones);
        expected[index] |= ones;
      }
      expect(rig.device.cells).toEqual(expected);
    }),
    cases(50),
  );
});

test('the line is raised while DONE is set and enabled', () => {
  const rig = makeRig();
  startBurn(rig, 0, 1);
  rig.skip(burnNs);
  expect(rig.lineRaised()).toBe(false);
  rig.machine.poke(FUSES, 'INTERRUPT_ENABLE', DONE.mask);
  expect(rig.lineRaised()).toBe(true);
  rig.machine.poke(FUSES, 'STATUS', DONE.mask);
  expect(rig.lineRaised()).toBe(false);
});

test('INDEX and DATA may change during a burn: it was latched', () => {
  const rig = makeRig();
  startBurn(rig, 1, 0xf0);
  rig.machine.poke(FUSES, 'INDEX', 2);
  rig.machine.poke(FUSES, 'DATA', 0x0f);
  rig.skip(burnNs);
  expect([...rig.device.cells.subarray(0, 3)]).toEqual([0, 0xf0, 0]);
});

test('refused: a command while busy, a wrong key, a word that is not there, a write to a fuse', () => {
  const rig = makeRig();
  startBurn(rig, 1, 1);
  expect(refusal(() => rig.machine.poke(FUSES, 'COMMAND', command))).toBe('BUS_STATE');
  expect(refusal(() => rig.machine.poke(FUSES, 'COMMAND', OPERATION.values.PROGRAM))).toBe('BUS_RESERVED');
  expect(refusal(() => rig.machine.poke(FUSES, 'INDEX', Fuse.WORD_COUNT))).toBe('BUS_RESERVED');
  expect(refusal(() => rig.machine.poke(FUSES, 'WORD', 1, 5))).toBe('BUS_ACCESS');
  expect(refusal(() => rig.machine.peek({ ...FUSES, base: FUSES.base + 4 }, 'WORD', lastWord))).toBe('BUS_UNMAPPED');
  expect(rig.machine.peek(FUSES, 'INDEX')).toBe(1);
});

test('fuses survive resets and the loss of power', () => {
  const rig = makeRig();
  burn(rig, lastWord, 0xdead_beef);
  rig.reset();
  expect(rig.device.cells[lastWord]).toBe(0xdead_beef);
  rig.cutPower();
  rig.powerOn();
  expect(rig.machine.peek(FUSES, 'WORD', lastWord)).toBe(0xdead_beef);
});

test('power lost in a burn leaves old ones plus any of the new, and the next boot finds it idle', () => {
  const left = new Set<number>();
  for (const seed of seeds(240)) {
    const rig = makeRig(seed);
    burn(rig, 9, 0xf000_0000);
    startBurn(rig, 9, 0xf000_00ff);
    rig.skip(burnNs / 2);
    if (seed % 2) rig.cutPower();
    rig.powerOn();
    expect(rig.device.cells[9] & ~0xff).toBe(0xf000_0000 | 0);
    expect(rig.device.weak[9] & ~0xff).toBe(0);
    expect(rig.machine.peek(FUSES, 'STATUS')).toBe(0);
    left.add(rig.device.cells[9]);
    rig.skip(burnNs);
    expect(rig.machine.peek(FUSES, 'STATUS')).toBe(0);
  }
  expect(left.size).toBeGreaterThan(20);
});

test('a torn burn follows the pattern that was chosen', () => {
  const leaves = (pattern: string) => {
    const rig = makeRig();
    rig.device.chooseTear(pattern);
    startBurn(rig, 9, 0xff);
    rig.skip(burnNs / 2);
    rig.cutPower();
    return [rig.device.cells[9], rig.device.weak[9]];
  };
  expect(leaves('NONE')).toEqual([0, 0]);
  expect(leaves('ALL')).toEqual([0xff, 0]);
  expect(leaves('ALL_WEAK')).toEqual([0, 0xff]);
  const [burnt, weak] = leaves('WEAK_BITS');
  expect(burnt & weak).toBe(0);
  expect(weak).not.toBe(0);
  expect(() => leaves('SOME')).toThrow(/no fuse tear pattern is called SOME; there are NONE, ALL,/);
});

test('a weak bit reads anew at each read, until it is burnt again', () => {
  const rig = makeRig();
  rig.device.chooseTear('ALL_WEAK');
  startBurn(rig, 9, 1);
  rig.cutPower();
  rig.powerOn();
  const reads = () => new Set(Array.from({ length: 64 }, () => rig.machine.peek(FUSES, 'WORD', 9)));
  expect(reads()).toEqual(new Set([0, 1]));
  expect(rig.records(LogKind.FUSE_WEAK)).toMatchObject([{ a: 9, b: 1 }]);
  burn(rig, 9, 1);
  expect(reads()).toEqual(new Set([1]));
});

test('restored from a snapshot, a burn goes on and ends when it would have', () => {
  const rig = makeRig();
  startBurn(rig, 4, 0x55);
  rig.skip(burnNs / 2);
  const restore = rig.snapshot();
  rig.cutPower();
  rig.powerOn();
  burn(rig, 4, 0xff00);
  restore();
  expect(rig.device.cells[4]).toBe(0);
  rig.skip(burnNs / 2);
  expect(rig.device.cells[4]).toBe(0x55);
});
