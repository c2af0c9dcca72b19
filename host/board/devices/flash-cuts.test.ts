// Power goes in the middle of a flash operation: what is done, what is torn, and what the next boot finds.

import { expect, test } from 'vitest';
import { FLASH } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { LogKind } from '../log.ts';
import { type Flash, sectorEraseNs, unitProgramNs } from './flash.ts';
import { erase, makeFlashRig, page, program, read, startErase, startProgram, status, unit } from './flash-rig.ts';
import { milliseconds, type Rig } from './rig.ts';
import { tearPatterns } from './tear.ts';

const { DONE } = FLASH.registers.STATUS.fields;
const { STORAGE, SECTOR_SIZE, PAGE_SIZE, UNIT_SIZE } = MemoryMap;

const old = Uint8Array.from({ length: SECTOR_SIZE }, (_, i) => (i * 37) & 0xff);

function withOldSector(seed: number): Rig<Flash> {
  const rig = makeFlashRig(seed);
  rig.machine.flash.writeBytes(STORAGE, old);
  return rig;
}

test('units before the cut are done, the one in progress is torn as chosen, the rest are as before', () => {
  const rig = makeFlashRig();
  rig.device.chooseTear('ALL_BUT_LAST');
  startProgram(rig, STORAGE, page(0x21));
  rig.skip(unitProgramNs * 5 + 1);
  rig.cutPower();
  const expected = [...new Uint8Array(5 * 8 + 7).fill(0x21), ...new Uint8Array(PAGE_SIZE - 47).fill(0xff)];
  expect([...read(rig, STORAGE, PAGE_SIZE)]).toEqual(expected);
  expect(rig.records(LogKind.FLASH_TORN).map(({ a }) => a)).toEqual([(3 << 24) | STORAGE]);
  rig.powerOn();
  expect(status(rig)).toBe(0);
  rig.skip(milliseconds(1));
  expect(status(rig)).toBe(0);
});

test.each(tearPatterns.map(({ name }) => name))(
  'an erase torn by %s leaves the sector neither old nor new, but for NONE',
  (name) => {
    const rig = withOldSector(7);
    rig.device.chooseTear(name);
    startErase(rig, STORAGE);
    rig.skip(sectorEraseNs / 2);
    rig.cutPower();
    const left = read(rig, STORAGE, SECTOR_SIZE);
    expect(left.every((byte, i) => byte === old[i])).toBe(name === 'NONE');
    expect(left.every((byte) => byte === 0xff)).toBe(false);
    rig.powerOn();
    erase(rig, STORAGE);
    expect(read(rig, STORAGE, SECTOR_SIZE).every((byte) => byte === 0xff)).toBe(true);
  },
);

test('with no choice made the seed chooses: same seed, same bytes; many seeds, many outcomes', () => {
  const tornBy = (seed: number) => {
    const rig = withOldSector(seed);
    startErase(rig, STORAGE);
    rig.skip(1000);
    rig.cutPower();
    return [rig.records(LogKind.FLASH_TORN)[0].a >>> 24, rig.machine.logbook.hash];
  };
  const outcomes = Array.from({ length: 60 }, (_, seed) => tornBy(seed));
  expect(outcomes[5]).toEqual(tornBy(5));
  expect(new Set(outcomes.map(([pattern]) => pattern)).size).toBe(tearPatterns.length);
});

test('weak bits read anew at each read, until they are erased or programmed to zero', () => {
  const rig = makeFlashRig();
  rig.device.chooseTear('WEAK_BITS');
  startProgram(rig, STORAGE, unit(0));
  rig.skip(1);
  rig.cutPower();
  rig.powerOn();
  const seen = new Set(Array.from({ length: 50 }, () => rig.machine.bus.peek(STORAGE)));
  expect(seen.size).toBeGreaterThan(1);
  program(rig, STORAGE, unit(0));
  expect(rig.machine.bus.peek(STORAGE)).toBe(0);
  expect(read(rig, STORAGE, UNIT_SIZE)).toEqual(unit(0));
});

test('a chip reset tears a running operation too', () => {
  const rig = withOldSector(1);
  rig.device.chooseTear('PREFIX');
  rig.machine.poke(FLASH, 'INTERRUPT_ENABLE', DONE.mask);
  startErase(rig, STORAGE);
  rig.skip(milliseconds(1));
  rig.reset();
  expect(status(rig)).toBe(0);
  expect(rig.lineRaised()).toBe(false);
  expect(rig.machine.queue.length).toBe(0);
  expect(read(rig, STORAGE, 1)[0]).toBe(0xff);
  expect(read(rig, STORAGE + SECTOR_SIZE - 1, 1)[0]).toBe(old[SECTOR_SIZE - 1]);
});

test('an idle flash loses nothing', () => {
  const rig = withOldSector(1);
  rig.cutPower();
  rig.powerOn();
  expect(read(rig, STORAGE, SECTOR_SIZE)).toEqual(old);
  expect(rig.records(LogKind.FLASH_TORN)).toEqual([]);
});
