// A difference of one cycle in the code is found at the instruction behind it: the place of both runs, and what the core does there.

import { expect, test } from 'vitest';
import { checkImage } from '../../../host/board/cpu/cpu.ts';
import { bench, type Guest, times, write } from '../../../host/board/testing.ts';
import { SourcePlaces } from '../../../host/tools/source-place.ts';
import { sourceParting } from '../../debug/parting.ts';
import type { OpenRun } from '../../debug/recorded-run.ts';
import { whereTheyPart } from '../../rig/bisect.ts';

const END_NS = 1_000_000_000;

/** Writes 0 to 7 to a register; before 5 it does something more. All are equally long, because the log has the length of what is loaded. */
const guest = (more: string): Guest => ({
  fields: `(func $work (local $i i32) ${times(
    8,
    `(if (i32.eq (local.get $i) (i32.const 5)) (then ${more})) ${write('RECORDER', 'ARGUMENT0', '(local.get $i)')}`,
  )})`,
  reset: '(if (i32.eqz (i32.const 0)) (then (call $work)))',
});

const runOf =
  (of: Guest): OpenRun =>
  (witness) => {
    const { board } = bench({}, of, { calls: witness });
    const acts = [
      { runToNs: -1, timeNs: 0, give: () => board.powerOn() },
      { runToNs: END_NS, timeNs: END_NS, give: () => {} },
    ];
    return { board, zeroNs: 0, acts, end: undefined };
  };

async function sameRecords(guests: [Guest, Guest]): Promise<number> {
  const makers = guests.map((of) => async () => {
    const { board } = bench({}, of);
    function* steps(): Generator<number, void> {
      board.runUntil(END_NS);
      yield board.now;
    }
    return { board, zeroNs: 0, begin: () => board.powerOn(), steps };
  });
  const parting = await whereTheyPart([makers[0], makers[1]]);
  return (parting as { same: number }).same;
}

/** A map that gives each instruction a line of its own: its place in the code. */
function linesByInstruction(module: Uint8Array): SourcePlaces {
  const { offset, opcode } = checkImage(module).code;
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const vlq = (value: number): string => {
    let [text, rest] = ['', value << 1];
    for (; rest > 31; rest >>>= 5) text += digits[(rest & 31) | 32];
    return text + digits[rest];
  };
  const segments = [...opcode.keys()].map(
    (at) => `${vlq(offset[at] - (at === 0 ? 0 : offset[at - 1]))}A${at === 0 ? 'A' : 'C'}A`,
  );
  return new SourcePlaces(
    JSON.stringify({ version: 3, sources: ['own/main.ts'], names: [], mappings: segments.join() }),
  );
}

test('one cycle more in a branch is found at the access behind it, in both runs', async () => {
  const guests: [Guest, Guest] = [
    guest('(drop (i64.extend8_s (i64.const 0)))'),
    guest('(drop (i64.clz (i64.const 0)))'),
  ];
  const same = await sameRecords(guests);
  const found = await sourceParting([runOf(guests[0]), runOf(guests[1])], same, { placesOf: linesByInstruction });
  const deed = (value: number) => ({
    does: `write RECORDER.ARGUMENT0 0x${value}`,
    function: 'work',
    file: 'own/main.ts',
  });
  expect(found).toMatchObject({ both: deed(4), each: [deed(5), deed(5)] });
  const [one, other] = found?.each ?? [];
  expect((other?.cycle ?? 0) - (one?.cycle ?? 0)).toBe(1);
});

test('a run of the core that ends earlier has nothing there, and equal runs do not part in the source', async () => {
  const whole = guest('(drop (i64.clz (i64.const 0)))');
  const short = { ...whole, reset: whole.reset?.replace('const 0', 'const 1') };
  const guests: [Guest, Guest] = [whole, short];
  const same = await sameRecords(guests);
  const runs: [OpenRun, OpenRun] = [runOf(guests[0]), runOf(guests[1])];
  const found = await sourceParting(runs, same);
  expect(found).toMatchObject({
    both: { does: 'it is called', function: 'reset' },
    each: [{ function: 'work' }, undefined],
  });
  expect(await sourceParting([runs[0], runs[0]], same)).toBeUndefined();
});
