// Registers that hold what an instruction cannot take, and acquisitions that overlap: something else is played than was meant, and the
// sequencer says so, with the instruction, on a chip and without one.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { assembleSequence, findingsOfWalk } from '../../../host/tools/q1/index.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { profiles } from '../../../protocol/q1/profiles.ts';
import { runOn, runPulse, type Setting } from '../../rig/pulse/run.ts';
import { program, responses, sequence } from './programs.ts';

/** What one sequencer says of the register R1 that holds `value` where `instruction` uses it. */
async function told(instruction: string, value: number) {
  const text = `move ${value >>> 0},R1\nmove 0,R2\nwait_sync 1000\n${instruction}\nupd_param 20\nstop`;
  const [{ flags, seen }] = (await runPulse([program('told', text)])).sequencers;
  return { flags, wrong: seen?.wrongValues };
}

describe('a register that holds what its instruction cannot take', () => {
  test.each<[string, number, number]>([
    ['set_awg_gain R1,R2', 70_000, 4464],
    ['set_awg_gain R2,R1', -40_000, 25_536],
    ['set_awg_offs R1,R2', 2 ** 31 - 1, -1],
    ['set_mrk R1', 16, 0],
    ['set_freq R1', 2_100_000_000, 2_100_000_000],
    ['set_freq R1', -2_000_000_001, -2_000_000_001],
    ['set_ph R1', -250_000_000, 44_967_296],
    ['set_ph_delta R1', 1_250_000_000, 250_000_000],
    ['set_cond R1,R2,R2,20', 2, 1],
    ['set_cond R2,R1,R2,20', 0x8000, 0],
    ['set_latch_en R1,20', 2, 0],
  ])('%s with %i is flagged, and %i is taken', async (instruction, value, taken) => {
    const { flags, wrong } = await told(instruction, value);
    expect(flags).toContain('REGISTER_OUT_OF_RANGE');
    expect([...(wrong ?? [])]).toMatchObject([[3, { count: 1, value, taken }]]);
  });

  test.each<[string, number]>([
    ['set_awg_gain R1,R2', 32_767],
    ['set_awg_gain R1,R2', -32_768],
    // As a shift leaves -16: the low half, without its sign.
    ['set_awg_offs R1,R2', 0xfff0],
    ['set_mrk R1', 15],
    ['set_freq R1', -2_000_000_000],
    ['set_ph R1', 1_000_000_000],
    ['set_ph_delta R1', 0],
    ['set_cond R2,R1,R2,20', 0x7fff],
    ['set_latch_en R1,20', 1],
  ])('%s with %i is good', async (instruction, value) => {
    const { flags, wrong } = await told(instruction, value);
    expect(flags).toEqual([]);
    expect(wrong?.size).toBe(0);
  });

  test('is counted at each instruction, however many records there are', async () => {
    const rounds = 40_000;
    // No real-time instruction between them: the classic core itself must wait for room in the record buffer.
    const text = `move ${rounds},R0\nmove 99,R1\nnop\nagain: set_mrk R1\nset_mrk R1\nloop R0,@again\nupd_param 20\nstop`;
    const [{ seen, instructionsExecuted }] = (await runPulse([program('many', text)])).sequencers;
    expect([...(seen?.wrongValues ?? [])].map(([instruction, { count }]) => [instruction, count])).toEqual([
      [3, rounds],
      [4, rounds],
    ]);
    const alone = await runPulse([program('many', text)], { observe: false });
    expect(instructionsExecuted).toBe(alone.sequencers[0].instructionsExecuted);
  });
});

test('a walk through a program knows what the registers of the core hold', async () => {
  const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const register = fc.integer({ min: 16, max: 23 }).map((number) => `R${number}`);
  const operations = fc.constantFrom('add', 'sub', 'and', 'or', 'xor', 'asl', 'asr');
  const second = fc.oneof(register, fc.integer({ min: 0, max: 40 }).map(String), word.map(String));
  const line = fc.oneof(
    fc.tuple(word, register).map(([number, to]) => `move ${number},${to}`),
    fc.tuple(register, register).map(([from, to]) => `not ${from},${to}`),
    fc.tuple(operations, register, second, register).map(([name, a, b, to]) => `${name} ${a},${b},${to}`),
    fc.tuple(fc.constantFrom('set_freq', 'set_ph', 'set_mrk'), register).map(([name, of]) => `${name} ${of}`),
  );
  const module = new SequencerModule(await sequencerModule());
  let found = 0;
  fc.assert(
    fc.property(fc.array(line, { minLength: 10, maxLength: 40 }), (body) => {
      const text = ['move 3,R0', 'again: nop', ...body, 'upd_param 65532', 'loop R0,@again', 'stop'].join('\n');
      const assembled = assembleSequence(text, 'any', 'qblox-qrm');
      const [{ seen }] = runOn(module, [assembled]).sequencers;
      const core = [...(seen?.wrongValues ?? [])].map(([index, { value }]) => `${index + 1} is ${value} `);
      const walked = findingsOfWalk(assembled)
        .filter(({ rule }) => rule === 'VALUE')
        .map(({ line, message }) => `${line} ${/is -?\d+ /.exec(message)?.[0]}`);
      found += core.length;
      expect(walked).toEqual(core.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)));
    }),
    cases(200),
  );
  expect(found).toBeGreaterThan(100);
});

describe('acquisitions', () => {
  const shots = (everyNs: number, lengthNs: number, how = `acquire 0,0,${everyNs}`) => {
    const settings: Setting[] = [['INTEGRATION_LENGTH', lengthNs], ...responses([1])];
    return sequence('shots', `wait_sync 100\n${how}\n${how}\n${how}\nupd_param 4\nstop`, settings);
  };

  test('that begin every 400 ns and take 1,000 overlap: each is integrated whole, and the sequencer is flagged', async () => {
    const [{ flags, seen, bins }] = (await runPulse([shots(400, 1000)])).sequencers;
    expect(flags).toEqual(['ACQ_BINNING_DONE', 'ACQ_OVERLAP']);
    expect([seen?.overlaps, seen?.firstOverlapAt]).toEqual([2, 2]);
    expect(bins(0)[0]).toMatchObject({ sum0: 3 * 1000 * 16384, count: 3 });
  });

  test('of which one begins where the other ends do not', async () => {
    const [{ flags, seen }] = (await runPulse([shots(400, 400)])).sequencers;
    expect(flags).toEqual(['ACQ_BINNING_DONE']);
    expect(seen?.overlaps).toBe(0);
  });

  test('overlap in the next shot only if they do so there', async () => {
    const weighed = shots(100, 1000, 'acquire_weighed 0,0,0,0,100');
    const [{ flags }] = (await runPulse([weighed])).sequencers;
    expect(flags).toEqual(['ACQ_BINNING_DONE']);
  });
});

describe('the bins of a module', () => {
  const withBins = (count: number) =>
    assembleSequence(
      JSON.stringify({ program: 'stop', acquisitions: { a: { num_bins: count, index: 0 } } }),
      'bins',
      'qblox-qrm',
    );
  const { sequencers, sequencerBins, bins } = profiles['qblox-qrm'];

  test('are as many as the profile says, for all sequencers together', async () => {
    const each = bins / sequencers;
    const { sequencers: results } = await runPulse(Array.from({ length: sequencers }, () => withBins(each)));
    expect(results.map(({ bins: of }) => of(0).length)).toEqual(Array(sequencers).fill(each));
    expect(bins).toBe(589_824);
  });

  test('are refused in words where they are more', async () => {
    const programs = Array.from({ length: 5 }, () => withBins(sequencerBins));
    await expect(runPulse(programs)).rejects.toThrow(
      'bins: sequencer 4 refuses the sequence: There are not enough bins left',
    );
  });
});
