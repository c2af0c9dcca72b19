// A task more in the manifest works: it runs with its own figures, every other task keeps its own, and one without code is refused.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { DeviceUnderTest } from '../../hil/rig/device.ts';
import { signed } from '../../hil/rig/images.ts';
import { read } from '../../hil/rig/lines.ts';
import { second } from '../../hil/rig/time.ts';
import { compileGuest, repositoryRoot, type SourceChange } from '../../host/tools/guest.ts';
import { retiredTasks, type Task, tasks } from '../../protocol/firmware/tasks.ts';
import { guestRunTask, guestTasks } from '../../protocol/generate/guest-tasks.ts';
import { RECORDER } from '../../protocol/generated/registers.ts';
import { Beat } from '../../protocol/telemetry/heartbeat.ts';

const gone = tasks.length + Object.keys(retiredTasks).length;
const spare: Task = {
  name: 'SPARE',
  /** A task was added and taken out again before it: its number is never given twice. */
  number: gone + 1,
  release: { everyMs: 500 },
  /** Shorter than any other, so that it is the one with the least slack. */
  deadlineMs: 50,
  budgetCycles: 8_000,
  code: ['kernel/watchdog', 'runSpare'],
  doc: 'Counts its runs',
};
/** In the middle, so that its place in the running order is not its number. */
const grown = [...tasks.slice(0, 4), spare, ...tasks.slice(4)];

const instead = (path: string, text: string): SourceChange => ({
  path,
  find: readFileSync(join(repositoryRoot, path), 'utf8'),
  replace: text,
});
const manifest = (rows: readonly Task[]): SourceChange[] => [
  instead('protocol/guest/generated/tasks.ts', guestTasks(rows, { ...retiredTasks, [gone]: 'GONE' })),
  instead('firmware/generated/run-task.ts', guestRunTask(rows)),
];
const code: SourceChange = {
  path: 'firmware/kernel/watchdog.ts',
  find: 'export function runWatchdog(): void {',
  replace:
    'let spareRuns: u32 = 0;\nexport function runSpare(): void {\n  spareRuns++;\n}\n\nexport function runWatchdog(): void {',
};

type Statistics = Record<string, { prio: number; tid: number; cswcnt: number }>;

describe('a task more', () => {
  let device: DeviceUnderTest;
  beforeAll(async () => {
    const payload = await compileGuest('firmware/main.ts', { changes: [...manifest(grown), code] });
    device = await DeviceUnderTest.running({ slots: { A: signed('1.0.0', { payload }) } });
    device.board.runFor(2 * second);
  });

  test('runs with its own period, and every other task as before, under the number it has always had', () => {
    const { tasks: told } = device.request(read, 0, 2) as { tasks: Statistics };
    expect(Object.keys(told)).toEqual(grown.map(({ name }) => name.toLowerCase()));
    for (const [position, { name, number, release }] of grown.entries()) {
      const task = told[name.toLowerCase()];
      expect([task.tid, task.prio], name).toEqual([number, position]);
      if ('everyMs' in release) expect(task.cswcnt, name).toBe(2000 / release.everyMs);
    }
    expect(device.events('HEARTBEAT').map(({ argument1 }) => argument1)).toEqual([0, 0]);
  });

  test('after one that is gone has a number above all, also as the one with the least slack', () => {
    expect(spare.number).toBeGreaterThan(Math.max(gone, ...tasks.map(({ number }) => number)));
    expect(device.board.machine.peek(RECORDER, 'HEARTBEAT', Beat.LEAST_SLACK_TASK)).toBe(spare.number);
  });

  test('whose function is missing is refused by the compiler, which names it', async () => {
    await expect(compileGuest('firmware/main.ts', { changes: manifest(grown) })).rejects.toThrow(/runSpare/);
  });

  test('whose file is missing is refused, and the file is named', async () => {
    const rows = grown.map((row): Task => (row === spare ? { ...row, code: ['sense/spare', 'runSpare'] } : row));
    await expect(compileGuest('firmware/main.ts', { changes: manifest(rows) })).rejects.toThrow(/sense\/spare/);
  });
});
