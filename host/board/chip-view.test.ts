// A call that looks at flash and fuses is left out where it would see the same, and nothing shows it: log, time, RAM, cells and chance of the board are
// those of one that runs every call.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { ChipView } from './chip-view.ts';
import type { SharedCalls } from './cpu/cpu.ts';
import { asksFirst, asksOfSameLook } from './cpu/known-calls.ts';
import { LogKind } from './log.ts';
import { chooser } from './random.ts';
import { at, type Bench, bench, type Guest, read, write } from './testing.ts';
import type { Witness } from './witness.ts';

const flashAt = MemoryMap.STORAGE;
const [blockAt, fusesAt, sumAt] = [0x4000, 0x8000, 0x9000];
/** Over the end of a page, from an odd address. */
const [blockFrom, blockBytes] = [flashAt + 0xe01, 0x404];
const copy = (ram: number, bus: number, length: number) =>
  `${write('DMA', 'RAM_ADDRESS', ram)} ${write('DMA', 'BUS_ADDRESS', bus)} ${write('DMA', 'LENGTH', length)} ${write('DMA', 'CONTROL', 1)}`;

/** Sums up a word of flash, a block of it, a fuse and a block of fuses; takes longer for other sums, and writes to RAM and to a global. */
const look = `
  (global $looked (mut i32) (i32.const 0))
  (func $look (param $add i32) (result i32) (local $sum i32) (local $i i32)
    (local.set $sum (i32.add (local.get $add) (call $read32 (i32.const ${flashAt}))))
    ${copy(blockAt, blockFrom, blockBytes)}
    (local.set $sum (i32.add (local.get $sum) ${read('FUSES', 'WORD', 3)}))
    ${copy(fusesAt, at('FUSES', 'WORD', 8), 16)}
    (local.set $i (i32.const ${blockAt}))
    (loop $more
      (local.set $sum (i32.add (i32.rotl (local.get $sum) (i32.const 1)) (i32.load (local.get $i))))
      (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (i32.const ${blockAt + blockBytes}))))
    (local.set $sum (i32.xor (local.get $sum) (i32.load (i32.const ${fusesAt + 4}))))
    (memory.fill (i32.const ${sumAt + 64}) (local.get $sum) (i32.and (local.get $sum) (i32.const 1023)))
    (global.set $looked (i32.const 9))
    (i32.store (i32.const ${sumAt}) (local.get $sum))
    (local.get $sum))`;
/** In each boot so many times. */
const turns = 8;
const guest = (fields: string): Guest => ({
  fields: `${fields}
  (func $looks (local $i i32) (loop $again
    ${write('RECORDER', 'ARGUMENT0', '(call $look (i32.const 5))')} ${write('RECORDER', 'EVENT', 7)}
    (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${turns})))))`,
  reset: '(call $looks)',
});
const sharing: SharedCalls = { functions: [], looking: ['look'] };
const bootNs = 5_000_000;

/** One that shares and one that does not, to which the same is done. */
function twins(of: Guest, sharedCalls: SharedCalls = sharing): Bench[] {
  return [bench(of, undefined, { sharedCalls }), bench(of)];
}

function boot({ board }: Bench, cutNs?: number): void {
  board.powerOn();
  if (cutNs !== undefined) board.cutPowerAt(board.now + cutNs);
  board.runFor(bootNs);
}

function left({ board, records }: Bench): unknown {
  const ram = Buffer.from(board.ram()).toString('base64');
  const { cells, weak } = board.fuses;
  return { hash: board.logHash, now: board.now, chance: [...board.machine.chance], records, ram, cells, weak };
}

const passes = () => vi.spyOn(ChipView.prototype, 'pass');
afterEach(() => vi.restoreAllMocks());

describe('a board that shares calls which look', () => {
  it('does what one does that runs them all: other flash and fuses, unstable bits, cuts at any time', () => {
    const passed = passes();
    const pair = twins(guest(look));
    const choose = chooser(1);
    // Where a call reads, and right beside.
    const words = [flashAt, flashAt + 4, blockFrom - 1, blockFrom + blockBytes - 1, blockFrom + blockBytes + 3];
    for (let turn = 0; turn < 400; turn++) {
      // Few contents, so that most calls are known.
      const place = choose(40) === 0 ? choose(words.length) : choose(2);
      const address = words[place] & ~3;
      const weak = place < 2 && choose(12) === 0 ? 6 : 0;
      const [word, fuse, cutNs] = [choose(2), 2 + choose(12), choose(300_000)];
      for (const each of pair) {
        const { machine, fuses } = each.board;
        machine.flash.writeWord(address, word);
        machine.flash.setWeak(address, weak);
        if (turn % 100 === 99) fuses.cells[fuse] |= 1 << (turn % 32);
        each.records.length = 0;
        boot(each, turn % 5 === 4 ? cutNs : undefined);
      }
      expect(left(pair[0]), `turn ${turn}`).toEqual(left(pair[1]));
      for (const { board } of pair) if (board.state !== 'off') board.cutPower();
    }
    expect(passed.mock.calls.length).toBeGreaterThan(100);
  });

  it('runs a call at each access of which power may be cut, and one that an event falls into', () => {
    const pair = twins(guest(look));
    for (let turn = 0; turn < 2 * asksFirst; turn += turns) for (const { board } of pair) cycle(board);
    const passed = passes();
    for (let access = 1; access < 60; access++) {
      for (const each of pair) {
        each.board.powerOn();
        each.board.cutPowerAtAccess(access);
        each.board.runFor(bootNs);
        expect(each.board.state).toBe('off');
      }
      expect(left(pair[0]), `access ${access}`).toEqual(left(pair[1]));
    }
    expect(passed).not.toHaveBeenCalled();
  });

  it('reports to a witness what the call would have read, in its order', () => {
    const noted = twins(guest(look)).map((each) => {
      for (let turn = 0; turn < 2 * asksFirst; turn += turns) cycle(each.board);
      const { board } = each;
      board.powerOn();
      const reads: string[] = [];
      board.machine.witness = {
        readFlash: (address: number, length: number) => reads.push(`flash ${address} ${length}`),
        readFuse: (index: number) => reads.push(`fuse ${index}`),
      } as unknown as Witness;
      board.runFor(bootNs);
      return reads;
    });
    expect(noted[0]).toEqual(noted[1]);
    expect(noted[0].filter((each) => each.startsWith('fuse'))).toHaveLength(5 * turns);
  });

  it.each([
    ['writes another register', write('RECORDER', 'EVENT', 1)],
    ['reads another device', `(drop ${read('TIMER', 'NOW_LOW')})`],
    ['writes bits that are not writable', write('DMA', 'LENGTH', 0x7000_0000)],
    ['copies to the bus', `${write('DMA', 'CONTROL', 3)}`],
    ['starts a copy whose registers were set before', ''],
  ])('never shares a call that %s', (_, doing) => {
    const body =
      doing === ''
        ? `(func $look (param i32) (result i32) ${write('DMA', 'CONTROL', 1)} (i32.load (i32.const ${blockAt})))`
        : look.replace('(local.get $sum))`', '').replace(/\(local\.get \$sum\)\)\s*$/, `${doing} (local.get $sum))`);
    const of = { ...guest(body), reset: `${copy(blockAt, flashAt, 64)} (call $looks)` };
    const passed = passes();
    const pair = twins(of);
    for (let turn = 0; turn < 3 * asksFirst; turn += turns) {
      for (const { board } of pair) cycle(board);
      expect(left(pair[0])).toEqual(left(pair[1]));
    }
    expect(passed).not.toHaveBeenCalled();
  });

  it('is wrong when a word of flash that a call reads is not noted', () => {
    const pair = twins(guest(look), { ...sharing, looksBlindTo: flashAt });
    for (let turn = 0; turn < 2 * asksOfSameLook; turn += turns) for (const { board } of pair) cycle(board);
    const sums = pair.map((each) => {
      each.board.machine.flash.writeWord(flashAt, 7);
      each.records.length = 0;
      boot(each);
      return each.records.filter(({ kind }) => kind === LogKind.RECORDER).map(({ b }) => b);
    });
    expect(sums[0]).not.toEqual(sums[1]);
  });
});

function cycle(board: Bench['board']): void {
  board.powerOn();
  board.runFor(bootNs);
  board.cutPower();
}
