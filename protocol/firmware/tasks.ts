// The manifest: every task of the firmware, when it runs, and what it may cost.
//
// Tasks are cooperative and run to completion. Of the tasks that are due, the first row runs first: the order of the rows is the
// order in which they run. A task has met its deadline when it ends no later than `deadlineMs` after it was released; one that waits for events
// may wait for the longest run of SMP as well. A budget is in core cycles of 4 ns, stalls for block copies included.
//
// What must stay true: a task keeps its number, wherever its row stands, because events, heartbeats and task statistics carry it; the number
// of a task that is gone is retired and not given again. The generator makes the guest's constants, its manifest and the calls of
// the tasks' code (firmware/generated/run-task.ts) from this table, and refuses one that contradicts itself.

/** When a task runs: on a fixed grid, or when code calls `releaseTask` or `wakeTask`. */
export type Release = { everyMs: number } | { on: string };

export interface Task {
  /** TASK_NAME in the guest, and its name in task statistics in small letters. */
  name: string;
  /** On the wire. */
  number: number;
  release: Release;
  deadlineMs: number;
  budgetCycles: number;
  /** File below firmware/ without its ending, and the function it exports for this task. */
  code: [file: string, run: string];
  /** What it is responsible for. */
  doc: string;
}

export const tasks: readonly Task[] = [
  {
    name: 'WATCHDOG',
    number: 0,
    release: { everyMs: 100 },
    deadlineMs: 100,
    budgetCycles: 4_000,
    code: ['kernel/watchdog', 'runWatchdog'],
    doc: 'Feeds the watchdog when every task met its deadline',
  },
  {
    name: 'RAILS',
    number: 1,
    release: { on: 'the rails’ line, and the next step of coming up' },
    deadlineMs: 150,
    budgetCycles: 16_000,
    code: ['judge-and-act', 'answerRails'],
    doc: 'Brings the supply rails up in order; answers their comparators',
  },
  {
    name: 'CLOCK',
    number: 2,
    release: { on: 'the clock’s line, and its own next look' },
    deadlineMs: 150,
    budgetCycles: 4_000,
    code: ['judge-and-act', 'followClock'],
    doc: 'Follows the better clock reference; the oscillators make up for its step',
  },
  {
    name: 'INTERLOCK',
    number: 3,
    release: { everyMs: 100 },
    deadlineMs: 100,
    budgetCycles: 16_000,
    code: ['judge-and-act', 'protect'],
    doc: 'Looks at every interlock and does what its row says',
  },
  {
    name: 'THERMOMETRY',
    number: 4,
    release: { on: 'the scanner’s line, and its own next look' },
    deadlineMs: 150,
    budgetCycles: 16_000,
    code: ['sense/thermometry', 'runThermometry'],
    doc: 'Temperatures, and which thermometers are trusted',
  },
  {
    name: 'HEATERS',
    number: 5,
    release: { everyMs: 1000 },
    deadlineMs: 200,
    budgetCycles: 8_000,
    code: ['drive/heaters', 'runHeaters'],
    doc: 'Heater powers, within limits',
  },
  {
    name: 'BUDGET',
    number: 6,
    release: { everyMs: 1000 },
    deadlineMs: 200,
    budgetCycles: 8_000,
    code: ['judge-and-act', 'balance'],
    doc: 'Estimates power, sheds load',
  },
  {
    name: 'FRONTEND',
    number: 7,
    release: { everyMs: 1000 },
    deadlineMs: 200,
    budgetCycles: 8_000,
    code: ['judge-and-act', 'tendLines'],
    doc: 'Signal lines: clipping and loss; gain control of their converters',
  },
  {
    name: 'MULTIPLEXER',
    number: 11,
    release: { everyMs: 100 },
    deadlineMs: 200,
    budgetCycles: 8_000,
    code: ['drive/multiplexer', 'runMultiplexer'],
    doc: 'Late cells, switch errors; starts the refresh again after its gate was closed',
  },
  {
    name: 'READOUT',
    number: 12,
    release: { everyMs: 1000 },
    deadlineMs: 200,
    budgetCycles: 40_000,
    code: ['judge-and-act', 'tendReadout'],
    doc: 'Corrections of the calibration record for the readout; SNR of its channels',
  },
  {
    name: 'SELF_TEST',
    number: 13,
    release: { on: 'a test of the converters that was started, piece by piece' },
    deadlineMs: 250,
    budgetCycles: 110_000,
    code: ['drive/self-test', 'runSelfTest'],
    doc: 'Effective bits of a converter line, by its test tone',
  },
  {
    name: 'HEALTH',
    number: 8,
    release: { everyMs: 100 },
    deadlineMs: 200,
    budgetCycles: 4_000,
    code: ['protect/health', 'runHealth'],
    doc: 'Gathers the health word',
  },
  {
    name: 'HEARTBEAT',
    number: 9,
    release: { everyMs: 1000 },
    deadlineMs: 200,
    budgetCycles: 8_000,
    code: ['report/heartbeat', 'runHeartbeat'],
    doc: 'Puts the heartbeat record into the event recorder',
  },
  {
    name: 'TELEMETRY',
    number: 14,
    release: { everyMs: 100 },
    deadlineMs: 200,
    budgetCycles: 500_000,
    code: ['report/telemetry', 'runTelemetry'],
    doc: 'Makes telemetry records of what was recorded',
  },
  {
    name: 'SMP',
    number: 10,
    release: { on: 'bytes on a line, flash or fuses that are done, and the time of a reset' },
    deadlineMs: 200,
    budgetCycles: 40_000_000,
    code: ['judge-and-act', 'serve'],
    doc: 'Serves management requests; its worst case is verifying a full slot and its token',
  },
];

/** Numbers that were a task's once, each with what it was. */
export const retiredTasks: Record<number, string> = {};

/** What to call a task in words; a number that no task has is shown as it is. */
export function taskName(number: number): string {
  return tasks.find((task) => task.number === number)?.name.toLowerCase() ?? retiredTasks[number] ?? `${number}`;
}
