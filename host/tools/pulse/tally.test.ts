import { describe, expect, it, test } from 'vitest';
import { expectedKeys } from './expected.ts';
import { acquire, commit, execute, sequencerRun, stopped, synced } from './testing.ts';
import { timelineOf, timelineText } from './timeline.ts';

const program = [
  'wait_sync 100',
  'loop: set_mrk 1',
  'upd_param 20',
  'set_mrk 0',
  'acquire 0,0,40',
  'loop R0,@loop',
  'wait 8',
  'stop',
];
const records = [
  ...synced(40, 0, 300, 900),
  commit(340, 2, 20, { marker: 1 }, 60),
  acquire(360, 4, 0, 0, 100),
  commit(360, 4, 40, {}, 30),
  commit(400, 2, 20, { marker: 1 }, 12),
  acquire(420, 4, 0, 0, 100),
  commit(420, 4, 40, {}, 45),
  stopped(460),
];
const run = () => sequencerRun(program.join('\n'), records);

describe('the times of a sequencer', () => {
  it('count from the end of its first wait_sync', () => {
    const { tally, endNs } = run();
    expect([tally.originNs, endNs]).toEqual([340, 120]);
  });

  it('count from its first real-time instruction where there is no wait_sync', () => {
    const { tally, endNs } = sequencerRun('wait 20\nwait 30\nstop', [
      execute(40, 0, 20),
      execute(60, 1, 30),
      stopped(90),
    ]);
    expect([tally.originNs, tally.firstNs[1], endNs]).toEqual([40, 60, 50]);
  });

  it('count from a wait_sync also when counters were set up before it, but not when outputs were', () => {
    const latched = sequencerRun('set_latch_en 1,4\nwait_sync 4\nupd_param 20\nstop', [
      ...[execute(40, 0, 4), ...synced(44, 1, 204), commit(248, 2, 20), stopped(268)],
    ]);
    expect([latched.tally.originNs, latched.endNs]).toEqual([248, 20]);
    const shown = sequencerRun('upd_param 4\nwait_sync 4\nstop', [
      commit(40, 0, 4),
      ...synced(44, 1, 204),
      stopped(248),
    ]);
    expect([shown.tally.originNs, shown.endNs]).toEqual([40, 208]);
  });

  it('are exact beyond 32 bits', () => {
    const late = 2 ** 40;
    const { tally } = sequencerRun('wait 4\nwait 4\nstop', [execute(40, 0, 4), execute(late, 1, 4), stopped(late + 4)]);
    expect(tally.firstNs[1]).toBe(late);
  });
});

test('the timeline has first, last, count and least slack of every real-time line, also of one that never ran', () => {
  expect(timelineOf(run())).toEqual([
    { line: 1, text: 'wait_sync 100', firstNs: -300, lastNs: -300, count: 1, skipped: 0, minimumSlackNs: 900 },
    { line: 3, text: 'upd_param 20', firstNs: 0, lastNs: 60, count: 2, skipped: 0, minimumSlackNs: 12 },
    { line: 5, text: 'acquire 0,0,40', firstNs: 20, lastNs: 80, count: 2, skipped: 0, minimumSlackNs: 30 },
    { line: 7, text: 'wait 8', firstNs: null, lastNs: null, count: 0, skipped: 0, minimumSlackNs: null },
  ]);
});

test('the timeline fits the width it is given', () => {
  const text = timelineText(timelineOf(run()), 50);
  expect(text.split('\n')[0]).toBe('line  first ns  last ns  count  slack ns  instruc…');
  expect(text).toContain('   3         0       60      2        12  upd_par…');
  expect(text).toContain('   7                     never            wait 8');
});

test('the timeline says what a condition had skipped, where one did', () => {
  const skips = sequencerRun('wait 4\nwait 8\nstop', [execute(40, 0, 4, 100, true), execute(44, 1, 8), stopped(52)]);
  const [head, first] = timelineText(timelineOf(skips), 80).split('\n');
  expect(head).toBe('line  first ns  last ns  count  skipped  slack ns  instruction');
  expect(first).toBe('   1         0        0      1        1       100  wait 4');
});

test('the least slack and its instruction are known, wait_sync aside, and the histogram counts every event', () => {
  const { slack } = run().tally;
  expect([slack.minimumNs, slack.minimumAt]).toEqual([12, 2]);
  expect(slack.ranges()).toEqual([
    { fromNs: 8, toNs: 16, count: 1 },
    { fromNs: 16, toNs: 32, count: 1 },
    { fromNs: 32, toNs: 64, count: 2 },
  ]);
});

test('the keys of q1simulator’s results are there: lines from zero, edges as pairs of points', () => {
  expect(expectedKeys(run())).toMatchObject({
    ...{ status: 'ok', errors: [], end_ns: 120, samples: [120, 120], acquisitions_count: 2 },
    acquisitions: [
      [20, 0, 0, 100],
      [80, 0, 0, 100],
    ],
    first_execution_ns_by_line: { 2: 0, 4: 20 },
    marker_edges: [
      [
        [0, 0],
        [0, 1],
        [20, 1],
        [20, 0],
        [60, 0],
        [60, 1],
        [80, 1],
        [80, 0],
      ],
      [],
      [],
      [],
    ],
  });
});

test('an underflow is an error with its instruction and how late it was', () => {
  const late = sequencerRun('wait 4\nwait 8\nstop', [
    execute(40, 0, 4),
    { kind: 'UNDERFLOW', timeNs: 44, instruction: 1, slackNs: -36 },
    stopped(44),
  ]);
  expect(late.tally.underflow).toEqual({ instruction: 1, timeNs: 44, slackNs: -36 });
  expect(expectedKeys(late)).toMatchObject({
    status: 'errors',
    errors: ['SEQUENCE PROCESSOR RT EXEC COMMAND UNDERFLOW'],
  });
});
