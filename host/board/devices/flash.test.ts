// The flash does what NOR flash does: erases sectors to ones, programs units by clearing bits, takes its time, and is
// caught half-way when power goes.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FLASH } from '../../../protocol/generated/registers.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { LogKind } from '../log.ts';
import { Flash, operationPicojoulesPerNs, sectorEraseNs, unitProgramNs } from './flash.ts';
import { microseconds, milliseconds, Rig, refusal } from './rig.ts';
import { tearPatterns } from './tear.ts';

const { OPERATION, KEY } = FLASH.registers.COMMAND.fields;
const { BUSY, DONE, PROGRAM_ERROR } = FLASH.registers.STATUS.fields;
const { BOOT, SLOT_A, SLOT_B } = FLASH.registers.PROTECT.fields;
const key = KEY.values.KEY << KEY.shift;
const eraseCommand = (key | OPERATION.values.ERASE_SECTOR) >>> 0;
const programCommand = (key | OPERATION.values.PROGRAM) >>> 0;
const { STORAGE, SECTOR_SIZE, PAGE_SIZE, UNIT_SIZE, FLASH_SIZE } = MemoryMap;

const makeRig = (seed = 1) => new Rig((machine) => new Flash(machine, machine.flash), seed);
const status = (rig: Rig<Flash>) => rig.machine.peek(FLASH, 'STATUS');

function startErase(rig: Rig<Flash>, address: number): void {
  rig.machine.poke(FLASH, 'ADDRESS', address);
  rig.machine.poke(FLASH, 'COMMAND', eraseCommand);
}

function startProgram(rig: Rig<Flash>, address: number, bytes: Uint8Array): void {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  new Uint8Array(words.buffer).set(bytes);
  for (const [i, word] of words.entries()) rig.machine.poke(FLASH, 'BUFFER', word, i);
  rig.machine.poke(FLASH, 'ADDRESS', address);
  rig.machine.poke(FLASH, 'LENGTH', bytes.length);
  rig.machine.poke(FLASH, 'COMMAND', programCommand);
}

function finish(rig: Rig<Flash>): void {
  rig.machine.handleNext();
  rig.machine.poke(FLASH, 'STATUS', DONE.mask | PROGRAM_ERROR.mask);
}

function erase(rig: Rig<Flash>, address: number): void {
  startErase(rig, address);
  finish(rig);
}

function program(rig: Rig<Flash>, address: number, bytes: Uint8Array): void {
  startProgram(rig, address, bytes);
  finish(rig);
}

function read(rig: Rig<Flash>, address: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  rig.machine.flash.readBytes(address, bytes);
  return bytes;
}

const unit = (byte: number) => new Uint8Array(UNIT_SIZE).fill(byte);
const page = (byte: number) => new Uint8Array(PAGE_SIZE).fill(byte);

describe('programming', () => {
  test('new flash reads as ones', () => {
    expect(makeRig().machine.bus.peek(STORAGE)).toBe(0xffff_ffff);
  });

  test('a unit takes 12.5 us: busy and unchanged until then, programmed and done after', () => {
    const rig = makeRig();
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
    const rig = makeRig();
    startProgram(rig, STORAGE, page(0));
    rig.skip(microseconds(400) - 1);
    expect(status(rig)).toBe(BUSY.mask);
    rig.skip(1);
    expect(status(rig)).toBe(DONE.mask);
    expect(read(rig, STORAGE, PAGE_SIZE + 1)).toEqual(Uint8Array.of(...page(0), 0xff));
  });

  test('wanting a one of a zero sets PROGRAM_ERROR, and the cell stays zero', () => {
    const rig = makeRig();
    program(rig, STORAGE, unit(0xf0));
    startProgram(rig, STORAGE, unit(0x3c));
    rig.skip(unitProgramNs);
    expect(status(rig)).toBe(DONE.mask | PROGRAM_ERROR.mask);
    expect(read(rig, STORAGE, UNIT_SIZE)).toEqual(unit(0x30));
    rig.machine.poke(FLASH, 'STATUS', PROGRAM_ERROR.mask);
    expect(status(rig)).toBe(DONE.mask);
  });

  test('programming the same bytes twice is no error', () => {
    const rig = makeRig();
    program(rig, STORAGE, unit(0x5a));
    startProgram(rig, STORAGE, unit(0x5a));
    rig.skip(unitProgramNs);
    expect(status(rig)).toBe(DONE.mask);
  });

  test('BUFFER, ADDRESS and LENGTH may be filled for the next operation while one runs', () => {
    const rig = makeRig();
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
    const rig = makeRig();
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
    const rig = makeRig();
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
    const rig = makeRig();
    rig.machine.poke(FLASH, 'ADDRESS', address);
    rig.machine.poke(FLASH, 'LENGTH', length);
    expect(refusal(() => rig.machine.poke(FLASH, 'COMMAND', command))).toBe(expected);
    expect(status(rig)).toBe(expected === 'accepted' ? BUSY.mask : 0);
  });

  test('a command while busy is refused, and the running one goes on', () => {
    const rig = makeRig();
    startErase(rig, STORAGE);
    expect(refusal(() => startErase(rig, STORAGE + SECTOR_SIZE))).toBe('BUS_STATE');
    rig.skip(sectorEraseNs);
    expect(status(rig)).toBe(DONE.mask);
  });

  test('mapped flash cannot be written', () => {
    expect(refusal(() => makeRig().machine.bus.poke(STORAGE, 0))).toBe('BUS_ACCESS');
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
    const rig = makeRig();
    rig.machine.poke(FLASH, 'PROTECT', protect);
    rig.machine.poke(FLASH, 'ADDRESS', address);
    expect(refusal(() => rig.machine.poke(FLASH, 'COMMAND', programCommand))).toBe(expected);
    if (expected === 'accepted') finish(rig);
    expect(refusal(() => rig.machine.poke(FLASH, 'COMMAND', eraseCommand))).toBe(expected);
  });

  test('protection cannot be taken back, but by a reset', () => {
    const rig = makeRig();
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
    const rig = makeRig();
    rig.machine.poke(FLASH, 'INTERRUPT_ENABLE', DONE.mask);
    startProgram(rig, STORAGE, unit(0));
    expect(rig.lineRaised()).toBe(false);
    rig.skip(unitProgramNs);
    expect(rig.lineRaised()).toBe(true);
    rig.machine.poke(FLASH, 'STATUS', DONE.mask);
    expect(rig.lineRaised()).toBe(false);
  });

  test('energy and wear are counted by kind of operation, torn ones as far as they came', () => {
    const rig = makeRig();
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
      const rig = makeRig();
      program(rig, STORAGE, unit(byte));
      return rig.machine.logbook.hash;
    });
    expect(hashes[0]).not.toBe(hashes[1]);
  });
});

describe('power cuts', () => {
  const old = Uint8Array.from({ length: SECTOR_SIZE }, (_, i) => (i * 37) & 0xff);

  function withOldSector(seed: number): Rig<Flash> {
    const rig = makeRig(seed);
    rig.machine.flash.writeBytes(STORAGE, old);
    return rig;
  }

  test('units before the cut are done, the one in progress is torn as chosen, the rest are as before', () => {
    const rig = makeRig();
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
    const rig = makeRig();
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
});

describe('laws', () => {
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
        const rig = makeRig();
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
      { numRuns: 60 },
    );
  });

  test('a cut anywhere in a program leaves each bit as it was or as it was to be, before the cut all of it, behind it none', () => {
    const cut = fc.double({ min: 0, max: 1, noNaN: true });
    const first = fc.uint8Array({ minLength: PAGE_SIZE, maxLength: PAGE_SIZE });
    fc.assert(
      fc.property(first, first, cut, fc.integer(), (before, wanted, when, seed) => {
        const rig = makeRig(seed);
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
      { numRuns: 60 },
    );
  });

  test('snapshot, go another way, restore: the operation and the array go on as if nothing had been', () => {
    fc.assert(
      fc.property(step, step, fc.integer({ min: 0, max: unitProgramNs - 1 }), (one, other, ns) => {
        const rig = makeRig();
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
      { numRuns: 40 },
    );
  });
});
