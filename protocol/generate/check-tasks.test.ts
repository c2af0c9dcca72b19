import { describe, expect, test } from 'vitest';
import { retiredTasks, type Task, taskName, tasks } from '../firmware/tasks.ts';
import { checkTasks } from './check-tasks.ts';

/** The next free number: whoever adds a task has nothing to change here. */
const next = tasks.length + Object.keys(retiredTasks).length;
const spare: Task = {
  name: 'SPARE',
  number: next,
  release: { everyMs: 500 },
  deadlineMs: 100,
  budgetCycles: 1000,
  code: ['kernel/spare', 'runSpare'],
  doc: 'Does nothing',
};
const checked = (row: Partial<Task>, retired: Record<number, string> = {}) =>
  checkTasks([...tasks, { ...spare, ...row }], { ...retiredTasks, ...retired });

describe('the manifest of tasks', () => {
  test('may have a row more, anywhere', () => {
    expect(() => checked({})).not.toThrow();
    expect(() => checkTasks([spare, ...tasks], retiredTasks)).not.toThrow();
  });

  test('may leave a number out that is retired', () => {
    expect(() => checked({ number: next + 1 }, { [next]: 'wobbler' })).not.toThrow();
  });

  const refused: [what: string, row: Partial<Task>, message: RegExp][] = [
    [
      'a number that another task has',
      { number: 3 },
      new RegExp(`SPARE has number 3, which is INTERLOCK's.*next free number is ${next}`),
    ],
    ['a gap between numbers', { number: next + 2 }, new RegExp(`no task has number ${next}`)],
    ['a number that is none', { number: 1.5 }, /SPARE: its number is 1.5/],
    ['a name that another task has', { name: 'RAILS' }, /two tasks are called RAILS/],
    ['a name in small letters', { name: 'spare' }, /capitals/],
    [
      'the code of another task',
      { code: ['judge-and-act', 'tendLines'] },
      /has the code of FRONTEND, judge-and-act#tendLines/,
    ],
    [
      'a deadline shorter than its budget',
      { budgetCycles: 30_000_000 },
      /takes 120 ms, longer than its deadline of 100 ms/,
    ],
    ['a budget of nothing', { budgetCycles: 0 }, /budget is 0 cycles/],
    ['no period', { release: { everyMs: 0 } }, /every 0 ms/],
    ['no event', { release: { on: '' } }, /say on which/],
    ['no responsibility', { doc: ' ' }, /responsible/],
  ];
  for (const [what, row, message] of refused)
    test(`is refused with ${what}`, () => expect(() => checked(row)).toThrow(message));

  test('is refused with a number that was retired', () => {
    expect(() => checked({}, { [next]: 'wobbler' })).toThrow(
      new RegExp(`number ${next}, which is wobbler's.*next free number is ${next + 1}`),
    );
  });

  test('is refused when nothing runs by itself', () => {
    expect(() => checkTasks([{ ...spare, number: 0, release: { on: 'a line' } }], {})).toThrow(/never wake up/);
  });

  test('keeps its numbers for ever', () => {
    expect(Object.fromEntries(tasks.map(({ name, number }) => [name, number]))).toMatchObject({
      ...{ WATCHDOG: 0, RAILS: 1, CLOCK: 2, INTERLOCK: 3, THERMOMETRY: 4, HEATERS: 5, BUDGET: 6, FRONTEND: 7 },
      ...{ HEALTH: 8, HEARTBEAT: 9, SMP: 10 },
    });
  });

  test('names a task by its number, and shows a number that no task has', () => {
    expect([taskName(3), taskName(77)]).toEqual(['interlock', '77']);
  });
});
