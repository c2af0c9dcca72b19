// What must hold for any program: adding a constant to all times changes nothing but the times, a run may be cut up as one likes, and no
// legal instruction does harm to the machine.

import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { chooser } from '../../../host/board/random.ts';
import { SequencerModule, sequencerCount } from '../../../host/board/sequencer/sequencer-module.ts';
import { cases } from '../../../host/board/testing/cases.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import type { InstructionSet } from '../../../protocol/q1/instructions.ts';
import { SequencerLoad, SequencerRun } from '../../../protocol/q1/module.ts';
import { SequencerFlag, SequencerState } from '../../../protocol/q1/status.ts';
import { loadProgram, type PulseProgram } from '../../rig/pulse/run.ts';
import { allKinds, type PlainRecord, PlainRecords } from './plain-records.ts';
import { program } from './programs.ts';
import { randomProgram } from './random-programs.ts';

const allSequencers = 2 ** sequencerCount - 1;
const seeds = fc.integer({ min: 0, max: 2 ** 31 });
const runs = cases(15);

let bytes: Uint8Array;

beforeAll(async () => {
  bytes = await sequencerModule();
});

/** Each instruction set has a turn. */
const setOf = (seed: number): InstructionSet => (seed % 2 === 0 ? 1 : 2);

function sixPrograms(seed: number, syncs = true, set = setOf(seed)): PulseProgram[] {
  return Array.from({ length: sequencerCount }, (_, core) => randomProgram(seed * sequencerCount + core, syncs, set));
}

interface Ended {
  records: PlainRecord[];
  state: number[][];
}

/** Runs programs from `startNs` on; `drive` calls the module until it is satisfied. */
function ran(programs: PulseProgram[], startNs: number, drive: (module: SequencerModule) => void): Ended {
  const module = new SequencerModule(bytes);
  for (const [core, each] of programs.entries()) loadProgram(module, core, each);
  const records = new PlainRecords(() => startNs);
  module.listen(allKinds, records.sink);
  module.arm(allSequencers);
  module.start(allSequencers, startNs);
  drive(module);
  const state = programs.map((_, core) => [
    module.figure(core, 'STATE'),
    module.figure(core, 'FLAGS'),
    module.timeNs(core) - startNs,
    module.instructionsExecuted(core),
    ...Array.from({ length: 64 }, (_, register) => module.figure(core, 'REGISTER', register)),
    ...module.bins(core, 0).flatMap(({ sum0, sum1, count, thresholdCount }) => [sum0, sum1, count, thresholdCount]),
  ]);
  return { records: records.list, state };
}

describe('any program', () => {
  test('does the same at any other time, and nothing but the times is different', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 10 ** 12 }), (seed, shiftNs) => {
        const programs = sixPrograms(seed);
        const until = 2_000_000;
        const now = ran(programs, 0, (module) => module.run(until));
        const later = ran(programs, shiftNs * 4, (module) => module.run(until + shiftNs * 4));
        expect(now.records.length).toBeGreaterThan(sequencerCount);
        expect(later).toEqual(now);
      }),
      runs,
    );
  });

  test('started later by a longer wait_sync has more slack at its first instructions, and the same times from there', () => {
    const text = (waitNs: number) => `wait_sync ${waitNs}\nupd_param 20\nadd R0,1,R0\nupd_param 20\nstop`;
    const programOf = (waitNs: number) => program(`waits ${waitNs}`, text(waitNs));
    const [near, far] = [100, 1100].map((waitNs) => ran([programOf(waitNs)], 0, (module) => module.run()).records);
    const from = (records: PlainRecord[]) =>
      records.filter(({ instruction }) => instruction > 0 && instruction < 0xffff);
    expect(from(far).map(({ timeNs, slackNs }) => [timeNs - 1000, slackNs - 1000])).toEqual(
      from(near).map(({ timeNs, slackNs }) => [timeNs, slackNs]),
    );
  });

  test('comes out the same however its run is cut up', () => {
    fc.assert(
      fc.property(seeds, seeds, (seed, cuts) => {
        const programs = sixPrograms(seed);
        const until = 2_000_000;
        const whole = ran(programs, 0, (module) => module.run(until));
        const pieces = ran(programs, 0, (module) => {
          const pick = chooser(cuts);
          for (let time = 0; time < until; time += 1 + pick(100_000)) module.run(time, 1 + pick(500));
          module.run(until);
        });
        expect(pieces).toEqual(whole);
      }),
      runs,
    );
  });
});

describe('a sequence with changed bytes and the CRC that fits them', () => {
  test('is refused, or runs like any other', () => {
    const change = fc.record({ at: fc.nat(1500), to: fc.oneof(fc.constantFrom(0, 1, 64, 128, 255), fc.nat(255)) });
    const tally = { refused: 0, ran: 0 };
    const module = new SequencerModule(bytes);
    fc.assert(
      fc.property(seeds, fc.array(change, { minLength: 1, maxLength: 4 }), (seed, changes) => {
        const binary = randomProgram(seed, false, setOf(seed)).binary.slice();
        for (const { at, to } of changes) binary[at % binary.length] = to;
        module.stage(binary);
        if (module.load(0, binary.length, crc32(binary)) !== SequencerLoad.GOOD) {
          tally.refused++;
          return;
        }
        tally.ran++;
        module.arm(1);
        module.start(1);
        module.run(200_000);
        module.stop(1);
        module.run();
      }),
      cases(1500),
    );
    expect(Math.min(tally.refused, tally.ran)).toBeGreaterThan(100);
  });
});

describe('a million legal instructions on six sequencers', () => {
  test.each([1, 2] as const)('of set %i harm nothing but the program that has them', (set) => {
    const own =
      SequencerFlag.SEQUENCE_PROCESSOR_RT_EXEC_COMMAND_UNDERFLOW |
      SequencerFlag.SEQUENCE_PROCESSOR_RT_EXEC_ILLEGAL_INSTRUCTION |
      SequencerFlag.SEQUENCE_PROCESSOR_Q1_ILLEGAL_INSTRUCTION;
    let executed = 0;
    const seen = new Set<number>();
    const outcomes = new Set<number>();
    for (let seed = 0; executed < 1_000_000; seed++) {
      const programs = sixPrograms(seed, seed % 2 === 0, set);
      const { state } = ran(programs, 0, (module) => {
        const outcome = module.run(2_000_000);
        expect([SequencerRun.UNTIL, SequencerRun.DONE, SequencerRun.DEADLOCK]).toContain(outcome);
        outcomes.add(outcome);
      });
      for (const [core, [now, flags, , instructions]] of state.entries()) {
        executed += instructions;
        seen.add(now);
        if (now === SequencerState.STOPPED) expect(flags & own, `${seed}/${core}`).not.toBe(0);
        else expect(now).toBe(SequencerState.RUNNING);
        expect(instructions).toBeGreaterThan(10);
      }
    }
    expect([...seen].sort()).toEqual([SequencerState.RUNNING, SequencerState.STOPPED]);
    expect(outcomes).toContain(SequencerRun.UNTIL);
    expect(outcomes).toContain(SequencerRun.DEADLOCK);
  });
});
