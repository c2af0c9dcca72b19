// Flash jobs on the board's own flash controller.

import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { sectorEraseNs, unitProgramNs } from '../../host/board/devices/flash.ts';
import { type GuestExports, GuestMachine } from '../../host/board/guest-machine.ts';
import { cases } from '../../host/board/testing/cases.ts';
import { instantiateGuest } from '../../host/tools/guest.ts';
import { INTC } from '../generated/registers.ts';
import { Line, MemoryMap } from '../memory-map.ts';

interface Guest extends GuestExports {
  flashBusy(): number;
  takeFlashResult(): number;
  flashErase(from: number, length: number): void;
  flashProgram(to: number, bytes: number, length: number): void;
  isErased(from: number, length: number): number;
}

const base = MemoryMap.STORAGE;
const sector = MemoryMap.SECTOR_SIZE;
const source = 0x1_0000;
let machine: GuestMachine;
let guest: Guest;

beforeEach(async () => {
  machine = new GuestMachine();
  guest = await instantiateGuest<Guest & Record<string, unknown>>('protocol/guest/flash-job.entry.ts', machine.bus);
  machine.start(guest);
  machine.bus.write32(INTC.base + INTC.registers.ENABLE.offset, Line.FLASH);
});

function cells(address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  machine.machine.flash.readBytes(address, bytes);
  return bytes;
}

/** Programs and waits; true if the job ended well. */
function program(address: number, bytes: Uint8Array): boolean {
  new Uint8Array(guest.memory.buffer).set(bytes, source);
  guest.flashProgram(address, source, bytes.length);
  machine.run();
  expect(guest.flashBusy()).toBe(0);
  return guest.takeFlashResult() === 1;
}

/** The operations' own time, and a little for looking at what they did. */
function expectAbout(timeNs: number, operationsNs: number): void {
  expect(timeNs).toBeGreaterThanOrEqual(operationsNs);
  expect(timeNs).toBeLessThan(operationsNs * 1.01);
}

const someBytes = (length: number) => Uint8Array.from({ length }, (_, index) => (index * 7 + 1) & 0xff);

describe('a program job', () => {
  test('of any length at any address puts exactly these bytes there', () => {
    fc.assert(
      fc.property(fc.nat(600), fc.integer({ min: 1, max: 1200 }), (offset, length) => {
        machine.machine.flash.erasePage(base);
        const bytes = someBytes(length);
        expect(program(base + offset, bytes)).toBe(true);
        const expected = new Uint8Array(sector).fill(0xff);
        expected.set(bytes, offset);
        expect(Buffer.compare(cells(base, sector), expected)).toBe(0);
      }),
      cases(60),
    );
  });

  test('takes the time of the units it touches', () => {
    const start = machine.machine.now;
    program(base + 250, someBytes(12));
    expectAbout(machine.machine.now - start, 2 * unitProgramNs);
  });

  test('continues where another ended, in the middle of a unit', () => {
    expect(program(base, someBytes(13))).toBe(true);
    expect(program(base + 13, someBytes(20))).toBe(true);
    expect(cells(base, 33)).toEqual(Uint8Array.from([...someBytes(13), ...someBytes(20)]));
  });

  test('over cells that hold zeros already ends badly', () => {
    program(base, Uint8Array.of(0x0f));
    expect(program(base, Uint8Array.of(0xff))).toBe(false);
    expect(program(base + 1, Uint8Array.of(0x01))).toBe(true);
  });
});

describe('an erase job', () => {
  test('sets whole sectors to ones, one after another, and nothing beside them', () => {
    for (const offset of [0, sector - 1, sector, 2 * sector - 1, 2 * sector])
      machine.machine.flash.writeBytes(base + offset, Uint8Array.of(0));
    const start = machine.machine.now;
    guest.flashErase(base, 2 * sector);
    machine.run();
    expect(guest.takeFlashResult()).toBe(1);
    expectAbout(machine.machine.now - start, 2 * sectorEraseNs);
    expect(guest.isErased(base, 2 * sector)).toBe(1);
    expect(cells(base + 2 * sector, 1)).toEqual(Uint8Array.of(0));
  });
});

describe('a job that cannot be', () => {
  test.each<[string, () => void]>([
    ['a second job beside the first', () => guest.flashErase(base, sector)],
    ['an erase of part of a sector', () => guest.flashErase(base + 8, sector)],
    ['an erase of nothing', () => guest.flashErase(base, 0)],
    ['a result that no job has', () => guest.takeFlashResult()],
    ['a job past the end of flash', () => guest.flashErase(MemoryMap.FLASH_SIZE - sector, 2 * sector)],
  ])('%s fails an assertion', (what, start) => {
    if (what.startsWith('a second')) guest.flashErase(base + sector, sector);
    expect(start).toThrow('unreachable');
  });
});
