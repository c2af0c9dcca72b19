// Where we do not do as the open simulator q1simulator 1.3.4 does, and why: one row a difference, with a program that shows it.
//
// None of them shows in the shared corpus (corpus.test.ts), whose programs come out equal. `documented` is what the instrument's
// documentation says, in our words; where it is silent, the row says so and gives our reason.

import { describe, expect, test } from 'vitest';
import { type PulseProgram, runPulse, type SequencerResult } from '../../rig/pulse/run.ts';
import { measuring, program, sequence } from './programs.ts';

interface Difference {
  what: string;
  simulator: string;
  documented: string;
  programs: PulseProgram[];
  /** What the last sequencer does here. */
  here: (last: SequencerResult) => unknown;
  expected: unknown;
}

const triggered = (text: string) => program('hears', text, [['COUNT_THRESHOLD', 1, 0]]);
const skippedAt = (index: number) => (last: SequencerResult) => last.seen?.skipped[index];

const differences: Difference[] = [
  {
    what: 'a condition applies to set_latch_en, latch_rst and wait_sync too',
    simulator: 'executes these three whatever the condition is',
    documented: 'the condition is calculated before every real-time instruction, and decides whether it is executed',
    programs: [
      triggered(
        'wait_sync 100\nset_cond 1,1,0,8\nlatch_rst 40\nset_latch_en 1,40\nset_cond 0,0,0,4\nupd_param 4\nstop',
      ),
    ],
    here: ({ seen, endNs, originNs }) => [seen?.skipped[2], seen?.skipped[3], endNs - originNs],
    expected: [1, 1, 8 + 8 + 4],
  },
  {
    what: 'a trigger waits for the 28 ns grid, then takes 212 ns',
    simulator: 'delivers every trigger 250 ns after the acquisition ended',
    documented: 'sends are quantised to a grid that wait_sync starts, and received 212 ns later by all sequencers',
    programs: [measuring([1]), program('waits', 'wait_sync 100\nwait_trigger 1,4\nupd_param 4\nstop')],
    // The acquisition begins 20 ns after wait_sync and takes 200; the grid is 100 ns older: 320 + 16 is on it.
    here: ({ seen, originNs }) => (seen?.firstNs[2] ?? 0) - 4 - originNs,
    expected: 20 + 200 + 16 + 212,
  },
  {
    what: 'triggers that overlap on the network are lost, and flagged',
    simulator: 'delivers all of them',
    documented: 'one trigger at a time, the next 252 ns later; an overlap raises a flag',
    programs: [measuring([1], 1), measuring([1], 2)],
    here: ({ flags }) => flags.includes('TRIGGER_NETWORK_CONFLICT'),
    expected: true,
  },
  {
    what: 'a counter that need reach nothing has reached it from the start',
    simulator: 'finds a threshold of 0 reached only after the first trigger or latch_rst',
    documented: 'the condition compares counter >= threshold; nothing is said of a first time',
    programs: [program('zero', 'wait_sync 100\nset_cond 1,1,0,8\nupd_param 20\nset_cond 0,0,0,4\nupd_param 4\nstop')],
    here: skippedAt(2),
    expected: 0,
  },
  {
    what: 'a wait out of a register that is no duration stops the sequencer',
    simulator: 'notes an error and waits as long as the number says',
    documented:
      'a duration has 4 to 65535 ns; what else does is not said, and going on with a wrong time is worse than stopping',
    programs: [program('short', 'wait_sync 100\nmove 0,R0\nnop\nwait R0\nupd_param 4\nstop')],
    here: ({ flags }) => flags,
    expected: ['SEQUENCE_PROCESSOR_RT_EXEC_ILLEGAL_INSTRUCTION'],
  },
  {
    what: 'stop is not executed in real time: it cannot come too late',
    simulator:
      'calls it an underflow when the classic core reaches stop after the real-time core has run out of instructions',
    documented: 'stop halts the classic core; the real-time core finishes what is queued (Q1 STOPPED, then STOPPED)',
    programs: [program('late', `wait_sync 100\nupd_param 4\n${'add R1,R1,R1\n'.repeat(40)}stop`)],
    here: ({ flags, state }) => [state, flags],
    expected: ['STOPPED', []],
  },
  {
    what: 'a sample outside the range of the converter is clipped',
    simulator: 'lets the 16-bit number wrap round',
    documented: 'an output that overflows is flagged (OUTPUT_OVERFLOW) and cannot be larger than full scale',
    programs: [
      sequence('loud', 'wait_sync 100\nset_awg_gain 32767,0\nset_awg_offs 32767,0\nplay 1,1,20\nupd_param 4\nstop'),
    ],
    here: ({ seen, originNs }) =>
      seen?.outputs.render(originNs, originNs + 1, () => new Int32Array(40).fill(16384)).path0[0],
    expected: 32767,
  },
  {
    what: 'the clock of the real-time core starts with its first instruction',
    simulator:
      'starts it with the program, 40 ns behind the classic core, so that a longer preamble without wait_sync is an underflow',
    documented: 'the first real-time instruction starts the clock',
    programs: [program('preamble', `${'nop\n'.repeat(100)}upd_param 100\nupd_param 4\nstop`)],
    here: ({ flags, minimumSlackNs }) => [flags, minimumSlackNs],
    expected: [[], 40],
  },
  {
    what: 'a long preamble before wait_sync is no underflow, but check warns of it (PREAMBLE)',
    simulator: 'finds an underflow at a wait_sync that comes more than 40 ns after the start of the program',
    documented: 'wait_sync waits for all sequencers; nothing is said of one that comes late',
    programs: [program('preamble', `${'nop\n'.repeat(100)}wait_sync 100\nupd_param 4\nstop`)],
    here: ({ flags }) => flags,
    expected: [],
  },
  {
    what: 'times count from the first wait_sync, however many there are',
    simulator:
      'counts from the last one, and draws the outputs from the first; each takes 200 ns and its duration in both',
    documented: 'no document gives the time of a wait_sync (setting SYNC_AGAIN)',
    programs: [program('again', 'wait_sync 100\nupd_param 20\nwait_sync 100\nupd_param 20\nstop')],
    here: ({ endNs, originNs }) => endNs - originNs,
    expected: 20 + 200 + 100 + 20,
  },
  {
    what: 'ZF after a left shift says whether the 32 bits of the result are zero',
    simulator: 'looks at 64 bits, so that 2^31 shifted left by one is not zero',
    documented: 'ZF is the zero flag of a result of 32 bits',
    programs: [program('shifts', 'move 0x80000000,R0\nnop\nlsl R0,1,R1\njz @zero\nstop 1\nzero: stop 2')],
    here: ({ exitCode }) => exitCode,
    expected: 2,
  },
  {
    what: 'acquire_ttl that closes a window when none is open is flagged, and goes on',
    simulator: 'notes an error, then fails itself',
    documented: 'the windows are opened and closed in turn; the driver has no flag for anything else',
    programs: [sequence('closes', 'wait_sync 100\nacquire_ttl 0,0,0,400\nupd_param 4\nstop')],
    here: ({ state, flags }) => [state, flags],
    expected: ['STOPPED', ['ACQ_BINNING_DONE', 'ACQ_TTL_WINDOW']],
  },
  {
    what: 'stop may take its exit code out of a register',
    simulator: 'takes a number only',
    documented: 'QAT has both forms, after the instrument’s documentation',
    programs: [program('code', 'move 7,R1\nnop\nstop R1')],
    here: ({ exitCode }) => exitCode,
    expected: 7,
  },
];

describe('other than in q1simulator', () => {
  test.each(differences)('$what', async ({ programs, here, expected, simulator, documented }) => {
    const { sequencers } = await runPulse(programs);
    const last = sequencers.at(-1);
    if (!last) throw new Error('a difference is shown by a program');
    expect(here(last), `q1simulator ${simulator}; documented: ${documented}`).toEqual(expected);
  });
});
