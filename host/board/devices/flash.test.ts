// The flash does what NOR flash does: erases sectors to ones, programs units by clearing bits, and takes its time.

import { describe, expect, test } from 'vitest';
import { FLASH } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { operationPicojoulesPerNs, sectorEraseNs, unitProgramNs } from './flash.ts';
import {
  erase,
  eraseCommand,
  finish,
  key,
  makeFlashRig,
  page,
  program,
  programCommand,
  read,
  startErase,
  startProgram,
  status,
  unit,
} from './flash-rig.ts';
import { microseconds, milliseconds, refusal } from './rig.ts';

const { OPERATION } = FLASH.registers.COMMAND.fields;
const { BUSY, DONE, PROGRAM_ERROR } = FLASH.registers.STATUS.fields;
const { BOOT, SLOT_A, SLOT_B } = FLASH.registers.PROTECT.fields;
const { STORAGE, SECTOR_SIZE, PAGE_SIZE, UNIT_SIZE, FLASH_SIZE } = MemoryMap;

describe('programming', () => {
  test('new flash reads as ones', () => {
    expect(makeFlashRig().machine.bus.peek(STORAGE)).toBe(0xffff_ffff);
  });

  test('a unit takes 12.5 us: busy and unchanged until then, programmed and done after', () => {
    const rig = makeFlashRig();
    startProgram(rig, STORAGE, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    rig.skip(unitProgramNs - 1);
    expect(status(rig)).toBe(BUSY.mask);
    expect(rig.machine.bus.peek(STORAGE)).toBe(0xffff_ffff);
    rig.skip(1);
    expect(status(rig)).toBe(DONE.mask);
    expect([rig.machine.bus.peek(STORAGE), rig.machine.bus.peek(STORAGE + 4)]).toEqual([0x0403_0201, 0x0807_0605]);
    expect(rig.machine.bus.peek(STORAGE + 8)).toBe(0xffff_ffff);
  });

  test('a page of 256 bytes takes 0.4 ms', () => {
    const rig = makeFlashRig();
    startProgram(rig, STORAGE, page(0));
    rig.skip(microseconds(400) - 1);
    expect(status(rig)).toBe(BUSY.mask);
    rig.skip(1);
    expect(status(rig)).toBe(DONE.mask);
    expect(read(rig, STORAGE, PAGE_SIZE + 1)).toEqual(Uint8Array.of(...page(0), 0xff));
  });

  test('wanting a one of a zero sets PROGRAM_ERROR, and the cell stays zero', () => {
    const rig = makeFlashRig();
    program(rig, STORAGE, unit(0xf0));
    startProgram(rig, STORAGE, unit(0x3c));
    rig.skip(unitProgramNs);
    expect(status(rig)).toBe(DONE.mask | PROGRAM_ERROR.mask);
    expect(read(rig, STORAGE, UNIT_SIZE)).toEqual(unit(0x30));
    rig.machine.poke(FLASH, 'STATUS', PROGRAM_ERROR.mask);
    expect(status(rig)).toBe(DONE.mask);
  });

  test('any single bit of a unit wanted as a one of a zero is noticed', () => {
    for (let bit = 0; bit < UNIT_SIZE * 8; bit++) {
      const rig = makeFlashRig();
      program(rig, STORAGE, unit(0));
      const wanted = unit(0);
      wanted[bit >> 3] = 1 << (bit & 7);
      startProgram(rig, STORAGE, wanted);
      rig.skip(unitProgramNs);
      expect([bit, status(rig)]).toEqual([bit, DONE.mask | PROGRAM_ERROR.mask]);
    }
  });

  test('programming the same bytes twice is no error', () => {
    const rig = makeFlashRig();
    program(rig, STORAGE, unit(0x5a));
    startProgram(rig, STORAGE, unit(0x5a));
    rig.skip(unitProgramNs);
    expect(status(rig)).toBe(DONE.mask);
  });

  test('BUFFER, ADDRESS and LENGTH may be filled for the next operation while one runs', () => {
    const rig = makeFlashRig();
    startProgram(rig, STORAGE, unit(0x11));
    rig.machine.poke(FLASH, 'BUFFER', 0);
    rig.machine.poke(FLASH, 'ADDRESS', STORAGE + 64);
    rig.machine.poke(FLASH, 'LENGTH', 16);
    rig.skip(unitProgramNs);
    expect(read(rig, STORAGE, 16)).toEqual(Uint8Array.of(...unit(0x11), ...unit(0xff)));
    expect(read(rig, STORAGE + 64, 8)).toEqual(unit(0xff));
  });
});

describe('erasing', () => {
  test('a sector takes 45 ms and is ones to its ends, its neighbours untouched', () => {
    const rig = makeFlashRig();
    for (let at = -PAGE_SIZE; at <= SECTOR_SIZE; at += PAGE_SIZE) program(rig, STORAGE + SECTOR_SIZE + at, page(0));
    startErase(rig, STORAGE + SECTOR_SIZE);
    rig.skip(milliseconds(45) - 1);
    expect(status(rig)).toBe(BUSY.mask);
    rig.skip(1);
    expect(status(rig)).toBe(DONE.mask);
    expect(read(rig, STORAGE + SECTOR_SIZE, SECTOR_SIZE)).toEqual(new Uint8Array(SECTOR_SIZE).fill(0xff));
    expect(read(rig, STORAGE + SECTOR_SIZE - 1, 1)[0]).toBe(0);
    expect(read(rig, STORAGE + 2 * SECTOR_SIZE, 1)[0]).toBe(0);
  });

  test('the last sector of the array can be erased and programmed', () => {
    const rig = makeFlashRig();
    program(rig, FLASH_SIZE - UNIT_SIZE, unit(0));
    erase(rig, FLASH_SIZE - SECTOR_SIZE);
    expect(read(rig, FLASH_SIZE - UNIT_SIZE, UNIT_SIZE)).toEqual(unit(0xff));
  });
});

describe('refusals', () => {
  test.each([
    ['a sector address off by a page', STORAGE + PAGE_SIZE, 8, eraseCommand, 'BUS_MISALIGNED'],
    ['a program address off by four', STORAGE + 4, 8, programCommand, 'BUS_MISALIGNED'],
    ['no bytes', STORAGE, 0, programCommand, 'BUS_MISALIGNED'],
    ['half a unit', STORAGE, 12, programCommand, 'BUS_MISALIGNED'],
    ['more than a page', STORAGE, 264, programCommand, 'BUS_MISALIGNED'],
    ['past the end of a page', STORAGE + 248, 16, programCommand, 'BUS_MISALIGNED'],
    ['a sector past the end', FLASH_SIZE, 8, eraseCommand, 'BUS_UNMAPPED'],
    ['a unit past the end', FLASH_SIZE, 8, programCommand, 'BUS_UNMAPPED'],
    ['an address near 4 GiB', 0xffff_f000, 8, eraseCommand, 'BUS_UNMAPPED'],
    ['a command without the key', STORAGE, 8, OPERATION.values.PROGRAM, 'BUS_RESERVED'],
    ['an operation that is not one', STORAGE, 8, key >>> 0, 'BUS_RESERVED'],
    ['all in order', STORAGE + 248, 8, programCommand, 'accepted'],
  ])('%s', (_what, address, length, command, expected) => {
    const rig = makeFlashRig();
    rig.machine.poke(FLASH, 'ADDRESS', address);
    rig.machine.poke(FLASH, 'LENGTH', length);
    expect(refusal(() => rig.machine.poke(FLASH, 'COMMAND', command))).toBe(expected);
    expect(status(rig)).toBe(expected === 'accepted' ? BUSY.mask : 0);
  });

  test('a command while busy is refused, and the running one goes on', () => {
    const rig = makeFlashRig();
    startErase(rig, STORAGE);
    expect(refusal(() => startErase(rig, STORAGE + SECTOR_SIZE))).toBe('BUS_STATE');
    rig.skip(sectorEraseNs);
    expect(status(rig)).toBe(DONE.mask);
  });

  test('mapped flash cannot be written', () => {
    expect(refusal(() => makeFlashRig().machine.bus.poke(STORAGE, 0))).toBe('BUS_ACCESS');
  });
});

describe('protection', () => {
  const cases: [string, number, number, string][] = [
    ['the first sector of BOOT', BOOT.mask, MemoryMap.BOOT, 'BUS_PROTECTED'],
    ['the last sector of BOOT', BOOT.mask, MemoryMap.BOOT_SIZE - SECTOR_SIZE, 'BUS_PROTECTED'],
    ['boot state behind BOOT', BOOT.mask, MemoryMap.BOOT_STATE_0, 'accepted'],
    ['the first sector of slot A', SLOT_A.mask, MemoryMap.SLOT_A, 'BUS_PROTECTED'],
    ['slot A before its trailer', SLOT_A.mask, MemoryMap.SLOT_B - 2 * SECTOR_SIZE, 'BUS_PROTECTED'],
    ['the trailer of slot A', SLOT_A.mask, MemoryMap.SLOT_B - SECTOR_SIZE, 'accepted'],
    ['slot B while A is protected', SLOT_A.mask, MemoryMap.SLOT_B, 'accepted'],
    ['slot B', SLOT_B.mask, MemoryMap.SLOT_B, 'BUS_PROTECTED'],
    ['the trailer of slot B', SLOT_B.mask, MemoryMap.STORAGE - SECTOR_SIZE, 'accepted'],
    ['storage, with all protected', BOOT.mask | SLOT_A.mask | SLOT_B.mask, STORAGE, 'accepted'],
  ];
  test.each(cases)('%s', (_what, protect, address, expected) => {
    const rig = makeFlashRig();
    rig.machine.poke(FLASH, 'PROTECT', protect);
    rig.machine.poke(FLASH, 'ADDRESS', address);
    expect(refusal(() => rig.machine.poke(FLASH, 'COMMAND', programCommand))).toBe(expected);
    if (expected === 'accepted') finish(rig);
    expect(refusal(() => rig.machine.poke(FLASH, 'COMMAND', eraseCommand))).toBe(expected);
  });

  test('protection cannot be taken back, but by a reset', () => {
    const rig = makeFlashRig();
    rig.machine.poke(FLASH, 'PROTECT', SLOT_A.mask);
    rig.machine.poke(FLASH, 'PROTECT', 0);
    rig.machine.poke(FLASH, 'PROTECT', BOOT.mask);
    expect(rig.machine.peek(FLASH, 'PROTECT')).toBe(SLOT_A.mask | BOOT.mask);
    rig.reset();
    expect(rig.machine.peek(FLASH, 'PROTECT')).toBe(0);
  });
});

describe('interrupt, log and energy', () => {
  test('the line is raised while DONE is set and enabled', () => {
    const rig = makeFlashRig();
    rig.machine.poke(FLASH, 'INTERRUPT_ENABLE', DONE.mask);
    startProgram(rig, STORAGE, unit(0));
    expect(rig.lineRaised()).toBe(false);
    rig.skip(unitProgramNs);
    expect(rig.lineRaised()).toBe(true);
    rig.machine.poke(FLASH, 'STATUS', DONE.mask);
    expect(rig.lineRaised()).toBe(false);
  });

  test('energy and wear are counted by kind of operation, torn ones as far as they came', () => {
    const rig = makeFlashRig();
    erase(rig, STORAGE);
    program(rig, STORAGE, page(0));
    expect(rig.device.work).toEqual({
      erasePicojoules: sectorEraseNs * operationPicojoulesPerNs,
      programPicojoules: microseconds(400) * operationPicojoulesPerNs,
      sectorsErased: 1,
      unitsProgrammed: 32,
    });
    startProgram(rig, STORAGE, page(0));
    rig.skip(unitProgramNs * 3 + 10);
    rig.cutPower();
    expect(rig.device.work.unitsProgrammed).toBe(36);
    expect(rig.device.work.programPicojoules).toBe(
      (microseconds(400) + unitProgramNs * 3 + 10) * operationPicojoulesPerNs,
    );
  });

  test('the log tells different data apart', () => {
    const hashes = [1, 2].map((byte) => {
      const rig = makeFlashRig();
      program(rig, STORAGE, unit(byte));
      return rig.machine.logbook.hash;
    });
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});
