// What single instructions do and cost, on one sequencer: the classic core, the real-time core behind it, and acquisitions.

import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { instructions, isInSet, JUMP_TAKEN_STEPS, STEP_NS } from '../../../protocol/q1/instructions.ts';
import { operandKinds } from '../../../protocol/q1/operands.ts';
import { sequencerFlagNames } from '../../../protocol/q1/status.ts';
import { type PulseProgram, runOn, type Setting } from '../../rig/pulse/run.ts';
import { program, responses, sequence } from './programs.ts';

let module: SequencerModule;

beforeAll(async () => {
  module = new SequencerModule(await sequencerModule());
});

/** Runs on a sequencer as after a reset of the chip. */
async function fresh(each: PulseProgram) {
  module = new SequencerModule(await sequencerModule());
  return runOn(module, [each]).sequencers[0];
}

function registersAfter(text: string): number[] {
  runOn(module, [program('registers', `${text}\nstop`)]);
  return Array.from({ length: 64 }, (_, register) => module.figure(0, 'REGISTER', register));
}

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });

describe('the classic core', () => {
  const meaning: Record<string, (a: number, b: number) => number> = {
    add: (a, b) => a + b,
    sub: (a, b) => a - b,
    and: (a, b) => a & b,
    or: (a, b) => a | b,
    xor: (a, b) => a ^ b,
    asl: (a, b) => (b > 31 ? 0 : a << b),
    // Logical in spite of its name.
    asr: (a, b) => (b > 31 ? 0 : a >>> b),
  };

  test.each(Object.keys(meaning))('%s takes two words and gives one, whatever form its operands have', (mnemonic) => {
    const second = mnemonic.startsWith('as') ? fc.oneof(fc.integer({ min: 0, max: 40 }), word) : word;
    fc.assert(
      fc.property(word, second, (a, b) => {
        const text = `move ${a},R1\nmove ${b},R2\nnop\n${mnemonic} R1,${b},R3\n${mnemonic} R1,R2,R4`;
        const registers = registersAfter(text);
        const expected = meaning[mnemonic](a, b) >>> 0;
        expect([registers[3], registers[4]]).toEqual([expected, expected]);
      }),
      cases(30),
    );
  });

  test('not and move take a number, a register or a label', () => {
    const registers = registersAfter('move -1,R1\nnop\nmove R1,R2\nnot 0x0f0f,R3\nnot R2,R4\nhere: move @here,R5');
    expect(registers.slice(1, 6)).toEqual([2 ** 32 - 1, 2 ** 32 - 1, ~0x0f0f >>> 0, 0, 5]);
  });

  test('compares without a sign, and loops until its register is zero', () => {
    const count = (start: number) => registersAfter(`move ${start},R0\nagain: add R1,1,R1\nnop\nloop R0,@again`)[1];
    expect([count(1), count(5)]).toEqual([1, 5]);
    const jumps = (mnemonic: string, value: number, limit: number) =>
      registersAfter(`move ${value},R0\nnop\n${mnemonic} R0,${limit},@end\nmove 1,R1\nend: nop`)[1] === 0;
    expect([jumps('jge', -1, 5), jumps('jlt', -1, 5), jumps('jge', 5, 5), jumps('jlt', 4, 5)]).toEqual([
      ...[true, false, true, true],
    ]);
  });

  test('jumps through registers, and a jump to nowhere is an illegal instruction', async () => {
    expect(registersAfter('move @end,R0\nnop\njmp R0\nmove 1,R1\nend: nop')[1]).toBe(0);
    for (const target of [99, 2 ** 28 + 1, 2 ** 32 - 1]) {
      const { flags, state } = await fresh(program('wild', `move ${target},R0\nnop\njmp R0\nstop`));
      expect([state, flags]).toEqual(['STOPPED', ['SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION']]);
    }
  });

  test('that runs off the end of its program has met an illegal instruction there', async () => {
    const { flags } = await fresh(program('open', 'nop\nnop'));
    expect(flags).toEqual(['SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION']);
    expect(module.figure(0, 'FAULT_INDEX')).toBe(2);
  });

  test.each([1, 2] as const)(
    'takes the time the table says for each form of set %i that is not of the real-time class',
    (set) => {
      for (const { mnemonic, class: group, operation, forms } of instructions.filter((row) => isInSet(row, set))) {
        if (group === 'realTime' || group === 'control') continue;
        for (const { operands, steps } of forms) {
          // Registers are zero and numbers small; a jump goes to the instruction after it, so that taken or not is all the same.
          const given = operands.map(({ kind, mode }) =>
            mode !== 'immediate' ? (kind === 'address' ? 'R2' : 'R1') : kind === 'address' ? '3' : '1',
          );
          const text = `.DEF INSTRUCTION_SET ${set}\nmove 3,R2\nnop\n${mnemonic} ${given.join(',')}\nstop`;
          runOn(module, [program('cost', text)]);
          const spent = module.figure(0, 'CLASSIC_LOW') / STEP_NS - 3;
          const taken = jumpsWithClearFlags.has(operation ?? mnemonic) ? JUMP_TAKEN_STEPS : 0;
          expect(spent, `${mnemonic} ${given}`).toBe(steps + taken);
        }
      }
    },
  );
});

/** Conditional jumps that are taken where registers are zero and flags clear. */
const jumpsWithClearFlags = new Set([
  ...['jlt', 'loop', 'KEPT_JLT', 'KEPT_LOOP'],
  ...['JNZ', 'JNO', 'JNS', 'JG', 'JGE', 'JA', 'JAE'].map((name) => `FLAGGED_${name}`),
]);

describe('the real-time core', () => {
  test.each([1, 2] as const)('has code for each form of set %i', async (set) => {
    const forms = instructions
      .filter((row) => row.class === 'realTime' && isInSet(row, set))
      .flatMap(({ mnemonic, forms }) => forms.map(({ operands }) => ({ mnemonic, operands })));
    for (const { mnemonic, operands } of forms) {
      // Each number is the least of its kind; the register holds one that every kind takes.
      const given = operands.map(({ kind, mode }) =>
        mode === 'immediate' ? Math.max(0, operandKinds[kind].least) : 'R1',
      );
      const line = `${mnemonic} ${given.join(',')}`;
      const text = `.DEF INSTRUCTION_SET ${set}\nwait_sync 100\nmove 15,R1\nnop\n${line}\nstop`;
      const { flags } = await fresh(sequence('form', text, [], 16, false));
      expect(flags, line).not.toContain('SEQUENCE_PROCESSOR_RT_EXEC_ILLEGAL_INSTRUCTION');
    }
  });

  test('stops at an instruction that comes too late, and names it with its slack', async () => {
    const tight = `wait_sync 4\nmove 100,R0\nagain: add R1,R1,R1\nadd R2,R2,R2\nupd_param 4\nloop R0,@again\nstop`;
    const { flags, seen, minimumSlackNs, state } = await fresh(program('tight', tight));
    expect([state, flags]).toEqual(['STOPPED', ['SEQUENCE_PROCESSOR_RT_EXEC_COMMAND_UNDERFLOW']]);
    expect(seen?.underflow?.instruction).toBe(4);
    expect(seen?.underflow?.slackNs).toBe(minimumSlackNs);
    expect(minimumSlackNs).toBeLessThan(0);
  });

  test('holds the classic core up while the queue between them is full', async () => {
    const many = `wait_sync 100\nmove 200,R0\nagain: wait 1000\nloop R0,@again\nstop`;
    const depth = 8;
    await fresh({ ...program('many', many), settings: [['QUEUE_DEPTH', depth]] });
    const ahead = module.timeNs(0) - module.figure(0, 'CLASSIC_LOW');
    expect(ahead).toBeGreaterThan((depth - 1) * 1000);
    expect(ahead).toBeLessThan((depth + 1) * 1000);
  });

  test.each([3, 65_536])('cannot wait %i ns that come out of a register', async (ns) => {
    const { flags } = await fresh(program('wait', `wait_sync 100\nmove ${ns},R0\nnop\nwait R0\nstop`));
    expect(flags).toEqual(['SEQUENCE_PROCESSOR_RT_EXEC_ILLEGAL_INSTRUCTION']);
    expect(module.figure(0, 'FAULT_INDEX')).toBe(3);
  });

  test('shows latched parameters when an instruction commits, not when one waits', async () => {
    const text = `wait_sync 100\nset_awg_offs 100,200\nset_mrk 9\nwait 100\nupd_param 100\nset_awg_offs 0,0\nset_mrk 0\nwait 100\nupd_param 4\nstop`;
    const { seen, originNs } = await fresh(program('latched', text));
    expect(seen?.outputs.markerChanges(0).map((time) => time - originNs)).toEqual([100, 300]);
    const at = (time: number) => seen?.outputs.render(originNs + time, originNs + time + 1, () => new Int32Array(0));
    expect([99, 100, 299, 300].map((time) => at(time)?.path1[0])).toEqual([0, 200, 200, 0]);
  });

  test('throws pending phases away with an instruction it skips, and keeps pending gains', async () => {
    const text = `set_freq 4000\nwait_sync 100\nreset_ph\nupd_param 20\nset_latch_en 1,20\nset_cond 1,1,0,20
      set_ph 250000000\nset_awg_offs 77,0\nupd_param 20\nset_cond 0,0,0,4\nupd_param 20\nstop`;
    const { seen, endNs } = await fresh(program('skips', text, [['COUNT_THRESHOLD', 1, 0]]));
    expect([...(seen?.skipped ?? [])].filter((count) => count > 0)).toEqual([1]);
    expect(seen?.outputs.render(endNs - 1, endNs, () => new Int32Array(0)).path0[0]).toBe(77);
    // 1 kHz since the reset of the phase, 80 ns before the end: no quarter turn among it.
    expect(module.output(0, 'PHASE', endNs)).toBe(4000 * 80);
  });

  test('goes on with a waveform after its instruction, until it ends or another takes its place', async () => {
    const text = `wait_sync 100\nset_awg_gain 16384,16384\nplay 0,1,20\nupd_param 40\nplay 1,1,60\nupd_param 4\nstop`;
    const { seen, originNs } = await fresh(sequence('plays', text));
    const waves = [Int32Array.from({ length: 100 }, (_, at) => at * 100), new Int32Array(40).fill(16384)];
    const { path0, path1 } = seen?.outputs.render(originNs, originNs + 124, (index) => waves[index]) ?? {};
    expect(path0?.[59]).toBe((59 * 100) >> 1);
    expect(path0?.[60]).toBe(8192);
    expect([path0?.[99], path0?.[100]]).toEqual([8192, 0]);
    expect([path1?.[39], path1?.[40]]).toEqual([8192, 0]);
  });
});

describe('an acquisition', () => {
  const settings: Setting[] = [['INTEGRATION_LENGTH', 200], ...responses([1])];

  test('adds level times length to its bin, and level times weights', async () => {
    const text = 'wait_sync 100\nacquire 0,0,400\nacquire 0,0,400\nacquire_weighed 0,1,0,1,400\nstop';
    const { bins, flags } = await fresh(sequence('sums', text, settings));
    const [square, weighed] = bins(0);
    expect(square).toEqual({ sum0: 2 * 200 * 16384, sum1: 0, count: 2, thresholdCount: 2 });
    expect(weighed).toEqual({ sum0: 100 * 0.5 * 16384, sum1: 0, count: 1, thresholdCount: 1 });
    expect(flags).toEqual(['ACQ_BINNING_DONE']);
  });

  test('is turned before it is compared: a quarter turn leaves nothing of path 0', async () => {
    const turned: Setting[] = [...settings, ['THRESHOLD', 50], ['ROTATION_COS', 0], ['ROTATION_SIN', 2 ** 30]];
    const text = 'wait_sync 100\nacquire 0,0,400\nstop';
    expect((await fresh(sequence('straight', text, [...settings, ['THRESHOLD', 50]]))).bins(0)[0].thresholdCount).toBe(
      1,
    );
    expect((await fresh(sequence('turned', text, turned))).bins(0)[0].thresholdCount).toBe(0);
  });

  test('of crossings counts them between its opening and its closing, each in a bin of its own if told so', async () => {
    const text = 'wait_sync 100\nacquire_ttl 0,2,1,1000\nacquire_ttl 0,2,0,400\nstop';
    const crossings: Setting[] = [
      ['RESPONSE', 5, 0],
      ['RESPONSE_COUNT', 1],
    ];
    const counts = async (more: Setting[]) =>
      (await fresh(sequence('ttl', text, [...crossings, ...more]))).bins(0).map(({ count }) => count);
    expect((await counts([])).slice(0, 8)).toEqual([0, 0, 5, 0, 0, 0, 0, 0]);
    expect((await counts([['TTL_AUTO_BIN', 1]])).slice(0, 8)).toEqual([0, 0, 1, 1, 1, 1, 1, 0]);
  });

  test.each([
    ['ACQ_INDEX_INVALID', 'acquire 7,0,400'],
    ['ACQ_BIN_INDEX_INVALID', 'acquire 0,16,400'],
    ['ACQ_WEIGHT_PLAYBACK_INDEX_INVALID_PATH_1', 'acquire_weighed 0,0,0,9,400'],
    ['AWG_WAVE_PLAYBACK_INDEX_INVALID_PATH_0', 'play 9,0,400'],
    ['ACQ_BINNING_FIFO_ERROR', 'acquire 0,0,40\n'.repeat(12)],
  ])('is flagged: %s', async (flag, text) => {
    const { flags } = await fresh(raw(`wait_sync 1000\n${text}\nupd_param 4\nstop`));
    expect(flags).toContain(flag);
  });

  /** As `sequence`, but the lint is not asked: it would find these. */
  function raw(text: string): PulseProgram {
    return sequence('raw', text, settings, 16, false);
  }
});

test('flags come by name, in the order of their bits', () => {
  expect(sequencerFlagNames(0b110)).toEqual(['FORCED_STOP', 'SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION']);
});
