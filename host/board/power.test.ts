// Power: cut at any bus access or any nanosecond, browned out, reset by the pin; what is lost, and what is kept.

import { describe, expect, it } from 'vitest';
import { FLASH, FUSES } from '../../protocol/generated/registers.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { LogKind } from './log.ts';
import { type Bench, bench, read, resetCauses, write } from './testing.ts';

const millisecond = 1_000_000;
const command = (operation: number) =>
  write('FLASH', 'COMMAND', (FLASH.registers.COMMAND.fields.KEY.values.KEY << 16) | operation);
const { ERASE_SECTOR, PROGRAM } = FLASH.registers.COMMAND.fields.OPERATION.values;
const record = (kind: number) => write('RECORDER', 'EVENT', kind);
const waitForFlash = `${write('INTC', 'WAIT', 2)} ${write('FLASH', 'STATUS', 2)}`;

/** Erases the first sector of STORAGE, programs 16 bytes there, waits for each, then sleeps. Does it once in a flash's life. */
const writer = `
  (if (i32.eq (call $read32 (i32.const ${MemoryMap.STORAGE})) (i32.const 0x11111111)) (then (return)))
  ${write('FLASH', 'INTERRUPT_ENABLE', 2)} ${write('FLASH', 'ADDRESS', MemoryMap.STORAGE)} ${command(ERASE_SECTOR)} ${waitForFlash}
  ${write('FLASH', 'LENGTH', 16)} ${[0, 1, 2, 3].map((i) => write('FLASH', 'BUFFER', 0x11111111 * (i + 1), i)).join(' ')}
  ${command(PROGRAM)} ${waitForFlash} ${record(99)}`;

const storage = ({ board }: Bench) => board.flashImage().subarray(MemoryMap.STORAGE, MemoryMap.STORAGE + 16);
const finished = Uint8Array.from({ length: 16 }, (_, i) => 0x11 * ((i >> 2) + 1));

function started(seed: number): Bench {
  const started = bench({ reset: writer }, undefined, { seed });
  const flash = started.board.flashImage();
  flash.fill(0x5a, MemoryMap.STORAGE, MemoryMap.STORAGE + 4096);
  started.board.loadFlash(flash);
  started.board.powerOn();
  return started;
}

describe('a power cut at a bus access', () => {
  const farAway = 1_000_000;
  const whole = started(1);
  whole.board.cutPowerAtAccess(farAway);
  whole.board.runFor(100 * millisecond);
  const accesses = farAway - whole.board.accessesToCut;

  it('is possible at every access of a program, and the program is finished by the next boot', () => {
    expect(storage(whole)).toEqual(finished);
    expect(accesses).toBe(15);
    for (let n = 1; n <= accesses; n++) {
      const cut = started(n);
      cut.board.cutPowerAtAccess(n);
      cut.board.runFor(100 * millisecond);
      expect(cut.board.state, `cut at access ${n}`).toBe('off');
      expect(cut.records.at(-1), `cut at access ${n}`).toMatchObject({ kind: LogKind.POWER_CUT, a: 1 });
      expect(cut.board.ram()).toHaveLength(0);
      cut.board.powerOn();
      cut.board.runFor(100 * millisecond);
      expect(storage(cut), `cut at access ${n}`).toEqual(finished);
    }
  });

  it('prevents that access and all after it', () => {
    const cut = started(1);
    // The command that starts the erase is the fourth access: flash, INTERRUPT_ENABLE, ADDRESS, COMMAND.
    cut.board.cutPowerAtAccess(4);
    cut.board.runFor(100 * millisecond);
    expect(cut.records.some(({ kind }) => kind === LogKind.FLASH_START)).toBe(false);
    const later = started(1);
    later.board.cutPowerAtAccess(5);
    later.board.runFor(100 * millisecond);
    expect(later.records.some(({ kind }) => kind === LogKind.FLASH_TORN)).toBe(true);
  });

  it('comes at an access of a later run when the present one has too few', () => {
    const cut = bench({
      reset: `${write('INTC', 'ENABLE', 1)} ${write('TIMER', 'ALARM_LOW', 5 * millisecond)} ${write('TIMER', 'CONTROL', 1)}`,
      interrupt: `${record(1)} ${record(2)} ${write('TIMER', 'STATUS', 1)}`,
    });
    cut.board.powerOn();
    cut.board.cutPowerAtAccess(5);
    cut.board.runFor(10 * millisecond);
    expect(cut.records.filter(({ kind }) => kind === LogKind.RECORDER).map(({ a }) => a)).toEqual([1]);
    expect(cut.board.state).toBe('off');
  });

  it('refuses an invalid number', () => {
    expect(() => started(1).board.cutPowerAtAccess(0)).toThrow('0 is not the number of an access');
  });
});

describe('a power cut at a time', () => {
  it('tears the erase that is running, and the same seed tears the same bits', () => {
    const torn = (seed: number) => {
      const cut = started(seed);
      cut.board.cutPowerAt(20 * millisecond);
      cut.board.runFor(100 * millisecond);
      expect(cut.board.state).toBe('off');
      expect(cut.records.at(-1)?.timeNs).toBe(20 * millisecond);
      return cut.board
        .flashImage()
        .subarray(MemoryMap.STORAGE, MemoryMap.STORAGE + 4096)
        .join();
    };
    expect(torn(3)).toBe(torn(3));
    expect(new Set([3, 4, 5, 6, 7, 8].map(torn)).size).toBeGreaterThan(1);
  });

  it('stops a core that makes no access at exactly the right cycle', () => {
    const { board, records } = bench({ reset: '(loop $forever (br $forever))' });
    board.powerOn();
    board.cutPowerAt(333_333);
    board.runFor(millisecond);
    expect(board.state).toBe('off');
    expect(records.at(-1)).toMatchObject({ timeNs: 333_333, kind: LogKind.POWER_CUT });
  });

  it('finds a sleeping core as well, and one still in the mask ROM', () => {
    for (const time of [50_000, 900_000]) {
      const { board, records } = bench({});
      board.powerOn();
      board.cutPowerAt(time);
      board.runFor(2 * millisecond);
      expect(board.state).toBe('off');
      expect(records.at(-1)?.timeNs).toBe(time);
    }
  });

  it('of a board that is off already changes nothing', () => {
    const { board } = bench({});
    board.cutPowerAt(millisecond);
    board.runFor(2 * millisecond);
    expect(board.state).toBe('off');
    board.powerOn();
    board.runFor(millisecond);
    expect(board.state).toBe('bootloader');
  });
});

describe('after a power cut', () => {
  it('RAM and volatile registers are as new, flash and fuses are kept', () => {
    const { board } = bench({
      reset: `(if (i32.eq ${read('RESET', 'BOOT_REQUEST')} (i32.const 0)) (then
        ${write('FUSES', 'INTERRUPT_ENABLE', 2)} ${write('FUSES', 'INDEX', 90)} ${write('FUSES', 'DATA', 6)}
        ${write('FUSES', 'COMMAND', (FUSES.registers.COMMAND.fields.KEY.values.KEY << 16) | 1)} ${write('INTC', 'WAIT', 16)}
        ${write('RESET', 'BOOT_REQUEST', 1)} (i32.store (i32.const 8) (i32.const 1))))`,
    });
    board.powerOn();
    board.runFor(millisecond);
    expect(board.ram()[8]).toBe(1);
    board.cutPower();
    expect(board.ram()).toHaveLength(0);
    expect(board.nextEventTime).toBe(Number.POSITIVE_INFINITY);
    board.powerOn();
    expect(
      board.machine.peek(
        { ...FLASH, base: 0x4000_1000, registers: { R: { ...FLASH.registers.STATUS, offset: 8 } } },
        'R',
      ),
    ).toBe(0);
    expect(board.fuseWords()[90]).toBe(6);
  });
});

describe('a reset from outside', () => {
  it('has the cause PIN or BROWN_OUT, and tears what flash was doing', () => {
    const { board, records } = started(1);
    board.runFor(10 * millisecond);
    board.pullResetPin();
    board.runFor(10 * millisecond);
    board.brownOut();
    board.runFor(200 * millisecond);
    expect(resetCauses(records)).toEqual(['POWER_ON', 'PIN', 'BROWN_OUT']);
    // The erase is finished by the run that waits for it, before the pin is looked at.
    expect(storage({ board, records })).toEqual(finished);
  });

  it('leaves BOOT_REQUEST, RESET_COUNT and the recorder as they were', () => {
    const { board } = bench({ reset: `${record(5)} ${write('RESET', 'BOOT_REQUEST', 1)}` });
    board.powerOn();
    board.runFor(millisecond);
    board.pullResetPin();
    board.runFor(millisecond);
    expect(board.recorderEvents().map(({ kind }) => kind)).toEqual([5, 5]);
    const { board: other } = bench({ reset: write('RECORDER', 'EVENT', read('RESET', 'RESET_COUNT')) });
    other.powerOn();
    other.runFor(millisecond);
    other.pullResetPin();
    other.runFor(millisecond);
    expect(other.recorderEvents().map(({ kind }) => kind)).toEqual([0, 1]);
  });
});
