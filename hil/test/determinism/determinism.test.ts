import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { Board } from '../../../host/board/board.ts';
import { ResetCause } from '../../../host/board/device.ts';
import { LogKind } from '../../../host/board/log.ts';
import { millisecond } from '../../rig/time.ts';
import { type Input, play, type RecordedRun, record, stateOf, untouched } from './recorded-run.ts';

const seed = 2026;
let run: RecordedRun;
let state: string;
let elsewhere: Promise<string>;

beforeAll(async () => {
  const script = fileURLToPath(new URL('./record-run.ts', import.meta.url));
  ({ run, state } = await record(seed));
  const hooks = new URL('../../../host/tools/typescript-hooks.mjs', import.meta.url).href;
  // Only now: the modules it needs are then compiled already.
  elsewhere = promisify(execFile)(process.execPath, ['--import', hooks, script, `${seed}`]).then(
    ({ stdout }) => stdout,
  );
});

/** Moments of the run, in order: some by chance, and in the middle of every third erase. */
function moments(count: number): number[] {
  const some = fc.sample(fc.integer({ min: 1, max: run.end - 1 }), { numRuns: count });
  const erasing = run.erases.filter((_, index) => index % 3 === 0).map((start) => start + 20 * millisecond);
  const arriving = run.inputs
    .filter(({ does }, index) => does === 'send' && index % 5 === 0)
    .map(({ at }) => at + 30_000);
  return [...some, ...erasing, ...arriving].sort((a, b) => a - b);
}

function repeated(change: Partial<RecordedRun> = {}): string {
  const board = untouched({ ...run, ...change });
  play(board, { ...run, ...change }, run.end);
  return stateOf(board);
}

describe('the product’s run', () => {
  test('contains a confirmed update, a watchdog revert, torn flash and a cut in a boot', () => {
    const board = untouched(run);
    const seen = { torn: 0, cuts: 0, resets: [] as number[] };
    board.onLog = ({ kind, a }) => {
      if (kind === LogKind.FLASH_TORN) seen.torn++;
      if (kind === LogKind.POWER_CUT) seen.cuts++;
      if (kind === LogKind.RESET) seen.resets.push(a);
    };
    play(board, run, run.end);
    const { POWER_ON, SOFTWARE, WATCHDOG, PIN } = ResetCause;
    const resets = [POWER_ON, SOFTWARE, SOFTWARE, WATCHDOG, POWER_ON, POWER_ON, PIN];
    expect(seen).toEqual({ torn: 1, cuts: 2, resets });
    expect(board.state).toBe('firmware');
  });

  test('replayed from its inputs alone is the same, to the last bit', () => {
    expect(repeated()).toBe(state);
  });

  test('is the same in another process, in which the requests are made again', async () => {
    expect(await elsewhere).toBe(state);
  });

  test('is another run with another seed: another half of the sector is erased when power is cut', () => {
    expect(repeated({ seed: seed + 1 })).not.toBe(state);
  });

  test('is another run when one bit of one input differs', () => {
    const sends = run.inputs.filter(({ does }) => does === 'send');
    for (const which of [0, 10, sends.length - 1]) {
      const inputs = run.inputs.map((input): Input => {
        if (input !== sends[which] || input.does !== 'send') return input;
        return { ...input, bytes: input.bytes.map((byte, index) => (index === 12 ? byte ^ 1 : byte)) };
      });
      expect(repeated({ inputs }), `input ${which}`).not.toBe(state);
    }
  });

  test('is another run when a byte of its first image differs', () => {
    const A = run.goods.slots?.A?.slice() as Uint8Array;
    A[A.length - 1] ^= 1;
    expect(repeated({ goods: { ...run.goods, slots: { A } } })).not.toBe(state);
  });

  test('is another run when an input comes a microsecond later', () => {
    const inputs = run.inputs.map((input, index) => (index === 5 ? { ...input, at: input.at + 1000 } : input));
    expect(repeated({ inputs })).not.toBe(state);
  });
});

/** Something that leads far away from the run. */
function goAstray(board: Board, moment: number): void {
  board.send((moment % 2) as 0 | 1, Buffer.from(`\xc0\0\x01 ${moment} \xc0`, 'latin1'));
  board.runFor(moment % (40 * millisecond));
  if (board.state === 'off') board.powerOn();
  else if (moment % 3 === 0) board.cutPower();
  else if (moment % 3 === 1) board.brownOut();
  board.runFor(30 * millisecond);
}

describe('at any moment of it, also in the middle of a frame or of an erase,', () => {
  test('a snapshot brings the board back, whatever it did since', () => {
    const board = untouched(run);
    let reuse: ReturnType<Board['snapshot']> | undefined;
    for (const moment of moments(40)) {
      play(board, run, moment);
      reuse = board.snapshot(reuse);
      const before = stateOf(board);
      goAstray(board, moment);
      expect(stateOf(board)).not.toBe(before);
      board.restore(reuse);
      expect(stateOf(board), `back at ${moment} ns`).toBe(before);
    }
    play(board, run, run.end);
    expect(stateOf(board)).toBe(state);
  });

  test('another board continues from the bytes of a snapshot, and a third one from the bytes of that board', () => {
    let board = untouched(run);
    for (const moment of moments(20)) {
      play(board, run, moment);
      const next = new Board({ seed: moment });
      next.loadState(board.saveState());
      expect(stateOf(next), `moved at ${moment} ns`).toBe(stateOf(board));
      board = next;
    }
    play(board, run, run.end);
    expect(stateOf(board)).toBe(state);
  });

  test('a fork continues as the board would, and neither is influenced by the other', () => {
    const board = untouched(run);
    for (const moment of moments(20)) {
      if (moment < board.now) continue;
      play(board, run, moment);
      const [twin, stray] = [board.fork(), board.fork()];
      const before = stateOf(board);
      goAstray(stray, moment);
      expect(stateOf(board)).toBe(before);
      const later = Math.min(board.now + 50 * millisecond, run.end);
      play(twin, run, later);
      expect(stateOf(board)).toBe(before);
      play(board, run, later);
      expect(stateOf(twin), `forked at ${moment} ns`).toBe(stateOf(board));
    }
    play(board, run, run.end);
    expect(stateOf(board)).toBe(state);
  });
});
