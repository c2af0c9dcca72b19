// The board from power-on to hand-over: what its core does, and when.

import { describe, expect, it } from 'vitest';
import { peripheralTable } from '../../protocol/generated/registers.ts';
import { SlotState } from '../../protocol/image/boot-state.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { decodeBootState } from '../tools/boot-state.ts';
import { generateKey, parseImage, signImage } from '../tools/image/index.ts';
import { Board } from './board.ts';
import { restlessResetsMax } from './life.ts';
import { LogKind } from './log.ts';
import { assembleGuest, at, bench, faultName, read, requestReset, resetCauses, times, write } from './testing.ts';

const millisecond = 1_000_000;
const record = (kind: number) => `${write('RECORDER', 'EVENT', kind)}`;

describe('power-on', () => {
  it('runs the bootloader that is in flash', () => {
    const { board } = bench({ reset: record(7) });
    board.powerOn();
    board.runFor(millisecond);
    expect(board.state).toBe('bootloader');
    expect(board.recorderEvents().map(({ kind }) => kind)).toEqual([7]);
  });

  it('hands over to the firmware that is in flash, with fresh RAM', () => {
    const storeAndTell = `${write('RECORDER', 'ARGUMENT0', '(i32.load (i32.const 64))')} ${record(8)}`;
    const { board } = bench({ reset: '(i32.store (i32.const 64) (i32.const 5))' }, { reset: storeAndTell });
    board.powerOn();
    board.runFor(millisecond);
    expect(board.state).toBe('firmware');
    expect(board.recorderEvents()).toMatchObject([{ kind: 8, argument0: 0 }]);
  });

  it('sleeps afterwards: nothing is to come until an input', () => {
    const { board } = bench({});
    board.powerOn();
    board.runFor(millisecond);
    expect(board.nextEventTime).toBe(Number.POSITIVE_INFINITY);
    board.runFor(3_600_000 * millisecond);
    expect(board.now).toBe(3_600_001 * millisecond);
  });

  it('is refused while power is on, as is every other input that makes no sense', () => {
    const { board } = bench({});
    expect(() => board.cutPower()).toThrow('it has no power');
    expect(() => board.pullResetPin()).toThrow('it has no power');
    board.powerOn();
    expect(() => board.powerOn()).toThrow('it has power');
    expect(() => board.loadFlash(new Uint8Array(0))).toThrow('it has power');
  });
});

describe('a board without a usable bootloader', () => {
  const halted = (damage: (flash: Uint8Array) => void) => {
    const { board } = bench({});
    const flash = board.flashImage();
    damage(flash);
    board.loadFlash(flash);
    board.powerOn();
    board.runFor(millisecond);
    return board;
  };

  it('halts when flash is blank, and says what to do', () => {
    const board = new Board();
    board.powerOn();
    board.runFor(millisecond);
    expect(board.state).toBe('halted');
    expect(board.haltReason).toContain('flash a bootloader');
  });

  it('halts when the length in the header is impossible', () => {
    expect(halted((flash) => flash.fill(0xff, 4, 8)).haltReason).toContain('impossible length');
  });

  it('halts when a bit of the module is flipped', () => {
    expect(halted((flash) => flash.fill(flash[40] ^ 1, 40, 41)).haltReason).toContain('CRC-32 is wrong');
  });

  it('halts when the core refuses the module, and names the reason', () => {
    const board = new Board();
    board.provision({ bootloader: Uint8Array.of(1, 2, 3, 4), keys: [] });
    board.powerOn();
    board.runFor(millisecond);
    expect(board.haltReason).toContain('refuses');
    expect(faultName(board)).toBe('IMAGE_REFUSED');
  });

  it('halts when the chip resets itself again and again, and lives again after a power cycle', () => {
    const { board, records } = bench({ reset: requestReset });
    board.powerOn();
    board.runFor(1000 * millisecond);
    expect(board.state).toBe('halted');
    expect(resetCauses(records)).toHaveLength(restlessResetsMax + 2);
    board.cutPower();
    board.powerOn();
    expect(board.state).toBe('bootloader');
  });
});

describe('the clock', () => {
  it('shows each access its exact time', () => {
    const { board } = bench({
      reset: `${write('RECORDER', 'ARGUMENT0', read('TIMER', 'NOW_LOW'))} ${write('RECORDER', 'ARGUMENT1', read('TIMER', 'NOW_LOW'))} ${record(1)}`,
    });
    board.powerOn();
    board.runFor(millisecond);
    const [{ argument0, argument1 }] = board.recorderEvents();
    // Between the two reads: one write and one read of six cycles each, and the constants and calls around them.
    expect(argument1 - argument0).toBeGreaterThanOrEqual(12 * 4);
    expect(argument1 - argument0).toBeLessThan(30 * 4);
    expect(argument0 % 4).toBe(0);
  });

  it('lets an event that falls due during a run happen before the access sees the device', () => {
    const { board } = bench({
      reset: `(local $i i32) ${write('TIMER', 'ALARM_LOW', 200_000)} ${write('TIMER', 'CONTROL', 1)}
        (loop $wait (local.set $i (i32.add (local.get $i) (i32.const 1)))
          (br_if $wait (i32.eqz ${read('TIMER', 'STATUS')})))
        ${write('RECORDER', 'ARGUMENT0', read('TIMER', 'NOW_LOW'))} ${record(1)}`,
    });
    board.powerOn();
    board.runFor(millisecond);
    const [{ argument0 }] = board.recorderEvents();
    expect(argument0).toBeGreaterThanOrEqual(200_000);
    expect(argument0).toBeLessThan(200_000 + 60 * 4);
  });

  it('skips idle time: an alarm an hour away comes at once, and on time', () => {
    const { board } = bench({
      reset: `${write('INTC', 'ENABLE', 1)} ${write('TIMER', 'ALARM_HIGH', 838)} ${write('TIMER', 'CONTROL', 1)}`,
      interrupt: `${write('TIMER', 'STATUS', 1)} ${record(2)}`,
    });
    board.powerOn();
    board.runFor(3_601_000 * millisecond);
    const [{ timeNs }] = board.recorderEvents();
    expect(timeNs - 838 * 2 ** 32).toBeGreaterThanOrEqual(0);
    expect(timeNs - 838 * 2 ** 32).toBeLessThan(1000);
  });
});

describe('interrupts', () => {
  it('call the core with the raised and enabled lines, again and again while they stay raised', () => {
    const { board, records } = bench({
      fields: '(global $calls (mut i32) (i32.const 0))',
      reset: `${write('INTC', 'ENABLE', 1)} ${write('TIMER', 'ALARM_LOW', 500_000)} ${write('TIMER', 'CONTROL', 1)}`,
      interrupt: `(global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (if (i32.eq (global.get $calls) (i32.const 3)) (then ${write('TIMER', 'STATUS', 1)}))`,
    });
    board.powerOn();
    board.runFor(2 * millisecond);
    const runs = records.filter(({ kind }) => kind === LogKind.RUN).map(({ a }) => a);
    expect(runs).toEqual([0, 1, 1, 1]);
  });

  it('do not call the core while their line is not enabled', () => {
    const { board, records } = bench({ reset: write('UART0', 'INTERRUPT_ENABLE', 2) });
    board.powerOn();
    board.runFor(millisecond);
    expect(board.machine.lines[0]).toBe(4);
    expect(records.filter(({ kind }) => kind === LogKind.RUN)).toHaveLength(1);
  });
});

describe('the serial lines', () => {
  const echo = {
    reset: `${write('UART0', 'CONTROL', 1)} ${write('UART0', 'INTERRUPT_ENABLE', 1)} ${write('INTC', 'ENABLE', 4)}`,
    interrupt: write('UART0', 'DATA', read('UART0', 'DATA')),
  };

  it('carry bytes in and out, paced by the baud rate', () => {
    const { board } = bench(echo);
    const sent: [number[], number][] = [];
    board.onTransmit = (_line, bytes, timeNs) => sent.push([[...bytes], timeNs]);
    board.powerOn();
    board.runFor(millisecond);
    board.send(0, Uint8Array.of(1, 2, 3));
    board.runFor(millisecond);
    expect(sent.flatMap(([bytes]) => bytes)).toEqual([1, 2, 3]);
    expect(sent[0][1]).toBeGreaterThan(millisecond + 40_000);
  });

  it('lose what is sent to a board without power', () => {
    const { board } = bench(echo);
    board.send(0, Uint8Array.of(1, 2, 3));
    board.powerOn();
    board.runFor(millisecond);
    expect(board.recorderEvents()).toEqual([]);
    expect(board.wireFree(0)).toBe(16384);
  });
});

describe('block counters', () => {
  it('tell how often each block ran, and change nothing else', () => {
    const guest = { reset: `(local $i i32) ${times(5, record(1))}` };
    const run = (countBlocks: boolean) => {
      const { board } = bench(guest, undefined, { countBlocks });
      board.powerOn();
      board.runFor(millisecond);
      return board;
    };
    const [plain, counted] = [run(false), run(true)];
    expect(counted.logHash).toBe(plain.logHash);
    const [{ image, counts }] = counted.blockCounts();
    expect(counts.length).toBe(image.blocks?.length);
    expect(Math.max(...counts)).toBe(5);
    expect(() => plain.blockCounts()).toThrow('without countBlocks');
  });

  it('are kept of images that have left the core for others', () => {
    const { board } = bench({ reset: record(1) }, undefined, { countBlocks: true });
    board.powerOn();
    board.runFor(millisecond);
    for (let other = 2; other < 8; other++) {
      board.cutPower();
      board.provision({ bootloader: assembleGuest({ reset: record(other) }), keys: [] });
      board.powerOn();
      board.runFor(millisecond);
    }
    const counted = board.blockCounts();
    expect(counted.length).toBe(7);
    expect(counted.every(({ counts, handedOver }) => Math.max(...counts) === 1 && !handedOver)).toBe(true);
  });
});

describe('provisioning', () => {
  it('writes keys, board, image and the record that confirms it where the chip expects them', () => {
    const board = new Board();
    const key = Uint8Array.from({ length: 32 }, (_, i) => i);
    const { privateKeyPem } = generateKey(new Uint8Array(32).fill(1));
    const image = signImage({ payload: Uint8Array.of(1), privateKeyPem, version: '1.2.3' });
    board.provision({ bootloader: assembleGuest({}), keys: [key], slots: { B: image }, boardId: 0x55 });
    const fuses = board.fuseWords();
    expect([fuses[0], fuses[1], fuses[2], fuses[32]]).toEqual([1, 0x55, 1, 0x03020100]);
    const flash = board.flashImage();
    expect(flash.slice(MemoryMap.SLOT_B, MemoryMap.SLOT_B + image.length)).toEqual(image);
    expect(decodeBootState(flash.subarray(MemoryMap.BOOT_STATE_0, MemoryMap.BOOT_LOG))).toMatchObject({
      running: undefined,
      confirmedLast: 1,
      slots: [
        { state: SlotState.UNMARKED, earned: false },
        { state: SlotState.CONFIRMED, earned: true, version: 0x0102_0003, hash: parseImage(image).hash },
      ],
    });
    // No trailer: that would be what an image asks for, not what the factory says of it.
    const slotEnd = MemoryMap.SLOT_B + MemoryMap.SLOT_SIZE;
    expect(flash.subarray(slotEnd - 64, slotEnd).every((byte) => byte === 0xff)).toBe(true);
  });

  it('refuses what does not fit', () => {
    const board = new Board();
    const bootloader = assembleGuest({});
    expect(() => board.provision({ bootloader: new Uint8Array(200_000), keys: [] })).toThrow(
      'a bootloader of 200000 bytes',
    );
    expect(() => board.provision({ bootloader, keys: [new Uint8Array(31)] })).toThrow('key 0 has 31 bytes');
    expect(() => board.provision({ bootloader, keys: new Array(5).fill(new Uint8Array(32)) })).toThrow('5 keys');
  });
});

it('every peripheral of the chip has its device', () => {
  const served = new Set(new Board().machine.devices.map(({ peripheral }) => peripheral.name));
  const without = peripheralTable.filter(({ name }) => !served.has(name)).map(({ name }) => name);
  expect(without, `add to the devices in host/board/board.ts: ${without.join(', ')}`).toEqual([]);
});

it('the address of a register by name is where the chip has it', () => {
  expect(at('FLASH', 'BUFFER', 2)).toBe(0x4000_0108);
});
