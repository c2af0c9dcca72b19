// A run is a function of images, seed and inputs; a snapshot is the whole state; a fork is another board.

import { execFileSync } from 'node:child_process';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FLASH } from '../../protocol/generated/registers.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { Arena } from './arena.ts';
import type { Board } from './board.ts';
import { LogKind, type LogRecord } from './log.ts';
import { tellStory } from './replay.story.ts';
import { cases } from './testing/cases.ts';
import { assembleGuest, bench, handOverTo, read, write } from './testing.ts';
import { BoardView } from './view.ts';

const millisecond = 1_000_000;
const program = write('FLASH', 'COMMAND', (FLASH.registers.COMMAND.fields.KEY.values.KEY << 16) | 2);

/**
 * A guest with a use for everything: counts in a global and in RAM, echoes what it hears on UART0, stirs it into flash (programming clears more
 * and more bits), and has a watchdog that starves when it hears nothing for 3 ms.
 */
const busyGuest = {
  fields: '(global $heard (mut i64) (i64.const 0)) (global $address (mut i32) (i32.const 0))',
  reset: `${write('UART0', 'CONTROL', 1)} ${write('UART0', 'INTERRUPT_ENABLE', 1)} ${write('INTC', 'ENABLE', 4)}
    ${write('WATCHDOG', 'TIMEOUT', 3000)} ${write('WATCHDOG', 'CONTROL', 1)}`,
  interrupt: `(local $byte i32) (local.set $byte ${read('UART0', 'DATA')})
    (global.set $heard (i64.add (global.get $heard) (i64.extend_i32_u (local.get $byte))))
    (i32.store8 (i32.wrap_i64 (global.get $heard)) (local.get $byte))
    ${write('UART0', 'DATA', '(i32.load8_u (local.get $byte))')}
    ${write('RECORDER', 'ARGUMENT0', '(i32.wrap_i64 (global.get $heard))')} ${write('RECORDER', 'EVENT', 3)}
    ${write('WATCHDOG', 'FEED', 0x0d06_f00d)}
    (if (i32.eqz ${read('FLASH', 'STATUS')}) (then
      ${write('FLASH', 'ADDRESS', `(i32.add (i32.const ${MemoryMap.STORAGE}) (i32.shl (local.get $byte) (i32.const 3)))`)}
      ${write('FLASH', 'BUFFER', '(i32.wrap_i64 (global.get $heard))')} ${program}))`,
};

type Step =
  | { does: 'wait'; ns: number }
  | { does: 'send'; bytes: Uint8Array }
  | { does: 'cut at access'; n: number }
  | { does: 'pull pin' }
  | { does: 'toggle power' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('wait' as const), ns: fc.integer({ min: 0, max: 4 * millisecond }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('send' as const), bytes: fc.uint8Array({ minLength: 1, maxLength: 40 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('cut at access' as const), n: fc.integer({ min: 1, max: 60 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ does: 'pull pin' as const }) },
  { weight: 1, arbitrary: fc.constant({ does: 'toggle power' as const }) },
);
const steps = fc.array(step, { maxLength: 12 });

function take(board: Board, todo: Step[]): void {
  for (const step of todo) {
    if (step.does === 'wait') board.runFor(step.ns);
    else if (step.does === 'send') board.send(0, step.bytes);
    else if (step.does === 'cut at access') board.cutPowerAtAccess(step.n);
    else if (step.does === 'toggle power' && board.state !== 'off') board.cutPower();
    else if (board.state === 'off') board.powerOn();
    else board.pullResetPin();
  }
  board.runFor(millisecond);
}

function fresh(seed = 7): Board {
  const { board } = bench({}, busyGuest, { seed });
  board.powerOn();
  return board;
}

const stateOf = (board: Board) =>
  [board.logHash, board.now, board.state, crc32(board.flashImage()), crc32(board.ram())].join(' ');

describe('a run', () => {
  it('repeated with the same inputs is the same run', () => {
    fc.assert(
      fc.property(steps, (todo) => {
        const [one, other] = [fresh(), fresh()];
        take(one, todo);
        take(other, todo);
        expect(stateOf(other)).toBe(stateOf(one));
      }),
      cases(15),
    );
  });

  it('with one more byte of input is another', () => {
    const [one, other] = [fresh(), fresh()];
    take(one, [{ does: 'send', bytes: Uint8Array.of(1, 2) }]);
    take(other, [{ does: 'send', bytes: Uint8Array.of(1, 3) }]);
    expect(other.logHash).not.toBe(one.logHash);
  });

  it('is the same in another process', () => {
    const firmware = assembleGuest(busyGuest);
    const bootloader = assembleGuest({ reset: handOverTo(firmware) });
    const [first, second] = [bootloader, firmware].map(
      (bytes) => `Buffer.from('${Buffer.from(bytes).toString('base64')}', 'base64')`,
    );
    const story = new URL('./replay.story.ts', import.meta.url).href;
    // Assembling the modules there would take longer than all the rest, so they are handed over.
    const script = `import { tellStory } from '${story}'; process.stdout.write(tellStory(${first}, ${second}));`;
    const hooks = new URL('../tools/typescript-hooks.mjs', import.meta.url).href;
    const nodeArguments = ['--import', hooks, '--input-type=module', '--eval', script];
    const elsewhere = execFileSync(process.execPath, nodeArguments, { encoding: 'utf8' });
    expect(elsewhere).toMatch(/^[0-9a-f]{16}$/);
    expect(tellStory(bootloader, firmware)).toBe(elsewhere);
  });
});

describe('a snapshot', () => {
  it('restored after going astray leads where never going astray leads', () => {
    const [straight, astray] = [fresh(), fresh()];
    fc.assert(
      fc.property(steps, steps, steps, (before, elsewhere, after) => {
        for (const board of [straight, astray]) take(board, before);
        const snapshot = astray.snapshot();
        take(astray, elsewhere);
        astray.restore(snapshot);
        for (const board of [straight, astray]) take(board, after);
        expect(stateOf(astray)).toBe(stateOf(straight));
      }),
      cases(25),
    );
  });

  it('reused for the next one no longer holds the first', () => {
    const board = fresh();
    take(board, [{ does: 'send', bytes: Uint8Array.of(1) }]);
    const snapshot = board.snapshot();
    take(board, [{ does: 'send', bytes: Uint8Array.of(2) }]);
    const hash = board.logHash;
    expect(board.snapshot(snapshot)).toBe(snapshot);
    take(board, [{ does: 'send', bytes: Uint8Array.of(3) }]);
    board.restore(snapshot);
    expect(board.logHash).toBe(hash);
  });

  it('cannot be taken from within an access, for the guest’s stack is no data', () => {
    const board = fresh();
    board.onTransmit = () => board.snapshot();
    board.send(0, Uint8Array.of(1));
    board.runFor(millisecond); // the transmission ends between runs: this one is fine
    board.onLog = () => board.snapshot();
    board.send(0, Uint8Array.of(1));
    expect(() => board.runFor(millisecond)).toThrow('the core is running');
  });
});

describe('a listener', () => {
  it('of some kinds is told these, whole and in order, of a run that is the same', () => {
    const kinds = [LogKind.RECORDER, LogKind.RESET];
    const [board, other] = [fresh(), fresh()];
    const [all, some]: LogRecord[][] = [[], []];
    board.onLog = (record) => all.push(record);
    new BoardView(other).listenTo(kinds, (record) => some.push(record));
    for (const each of [board, other])
      for (let turn = 0; turn < 20; turn++) {
        each.send(0, Uint8Array.of(7, 8, 9));
        each.runFor(millisecond);
      }
    board.pullResetPin();
    other.pullResetPin();
    expect(some).toEqual(all.filter(({ kind }) => (kinds as number[]).includes(kind)));
    expect(new Set(some.map(({ kind }) => kind))).toEqual(new Set(kinds));
    expect(other.logHash).toBe(board.logHash);
    other.onLog = (record) => some.push(record);
    other.runFor(20 * millisecond);
    expect(some.some(({ kind }) => kind === LogKind.RUN)).toBe(true);
  });
});

describe('a snapshot as bytes', () => {
  it('brings another board to the same state and the same future', () => {
    fc.assert(
      fc.property(steps, steps, (before, after) => {
        const [board, other] = [fresh(), fresh(99)];
        take(board, before);
        other.loadState(board.saveState());
        expect(stateOf(other)).toBe(stateOf(board));
        for (const each of [board, other]) take(each, after);
        expect(stateOf(other)).toBe(stateOf(board));
      }),
      cases(10),
    );
  });

  it('leaves erased flash out', () => {
    expect(fresh().saveState().length).toBeLessThan(100_000);
  });

  it('that are no snapshot, are cut off, or have bytes behind them are refused', () => {
    const board = fresh();
    const bytes = board.saveState();
    expect(() => board.loadState(new Uint8Array(100))).toThrow('these bytes are no snapshot');
    expect(() => board.loadState(bytes.subarray(0, 1000))).toThrow('it ends at byte 1000');
    expect(() => board.loadState(Uint8Array.of(...bytes, 0))).toThrow('1 bytes too many');
  });

  it('whose pieces have other sizes are refused, also when their sum is the same', () => {
    const board = fresh();
    const bytes = board.saveState();
    bytes[8] ^= 1;
    expect(() => board.loadState(bytes)).toThrow(
      /^snapshot: a state of \d+ bytes with layout [0-9a-f]{8} does not fit this board/,
    );
    const [one, other] = [new Arena(), new Arena()];
    for (const [arena, counts] of [
      [one, [2, 4]],
      [other, [4, 2]],
    ] as const)
      for (const count of counts) arena.words(count);
    expect(one.size).toBe(other.size);
    expect(one.layout).not.toBe(other.layout);
  });
});

describe('a fork', () => {
  it('goes its own way: neither sees what the other does', () => {
    fc.assert(
      fc.property(steps, steps, steps, (before, mine, its) => {
        const [board, alone] = [fresh(), fresh()];
        for (const each of [board, alone]) take(each, before);
        const fork = board.fork();
        expect(stateOf(fork)).toBe(stateOf(board));
        take(fork, its);
        take(board, mine);
        take(alone, mine);
        expect(stateOf(board)).toBe(stateOf(alone));
      }),
      cases(10),
    );
  });
});
