// What a manifest of tasks must be before anything is made of it. Each refusal says which row, what is wrong and what to do.

import type { Task } from '../firmware/tasks.ts';

const NS_PER_CYCLE = 4;
const NS_PER_MS = 1_000_000;
/** Events and heartbeats carry a task's number beside other things; a byte is enough, and more rows than this would be a mistake. */
const NUMBERS = 64;

export function checkTasks(tasks: readonly Task[], retired: Readonly<Record<number, string>>): void {
  const names = new Set<string>();
  const code = new Map<string, string>();
  const owners = new Map<number, string>(Object.entries(retired).map(([number, name]) => [Number(number), name]));
  for (const task of tasks) {
    checkRow(task);
    if (names.has(task.name)) throw new Error(`two tasks are called ${task.name}: give one of them another name`);
    names.add(task.name);
    const call = task.code.join('#');
    if (code.has(call))
      throw new Error(`task ${task.name} has the code of ${code.get(call)}, ${call}: each task has its own function`);
    code.set(call, task.name);
    const owner = owners.get(task.number);
    if (owner !== undefined)
      throw new Error(
        `task ${task.name} has number ${task.number}, which is ${owner}'s: events that were recorded with it would name the wrong task. The next free number is ${Math.max(...owners.keys()) + 1}`,
      );
    owners.set(task.number, task.name);
  }
  for (let number = 0; number < owners.size; number++)
    if (!owners.has(number))
      throw new Error(
        `no task has number ${number}, though larger numbers are given: take it for the new task, or write what it was into retiredTasks`,
      );
  if (!tasks.some(({ release }) => 'everyMs' in release))
    throw new Error('no task runs periodically: the scheduler needs one, or the core would never wake up again');
}

function checkRow({ name, number, release, deadlineMs, budgetCycles, code: [file, run], doc }: Task): void {
  const refuse = (what: string): never => {
    throw new Error(`task ${name}: ${what}`);
  };
  if (!/^[A-Z][A-Z0-9_]*$/.test(name)) refuse('its name is written in capitals, as TASK_NAME in the guest will be');
  if (!Number.isInteger(number) || number < 0 || number >= NUMBERS)
    refuse(`its number is ${number}, not a whole number below ${NUMBERS}`);
  if ('everyMs' in release && !isPositive(release.everyMs))
    refuse(`it runs every ${release.everyMs} ms; give a whole number above 0`);
  if (!('everyMs' in release) && release.on.trim() === '') refuse('it runs on events; say on which');
  if (!isPositive(deadlineMs)) refuse(`its deadline is ${deadlineMs} ms; give a whole number above 0`);
  if (!isPositive(budgetCycles)) refuse(`its budget is ${budgetCycles} cycles; give a whole number above 0`);
  if (budgetCycles * NS_PER_CYCLE > deadlineMs * NS_PER_MS)
    refuse(
      `its budget of ${budgetCycles} cycles takes ${(budgetCycles * NS_PER_CYCLE) / NS_PER_MS} ms, longer than its deadline of ${deadlineMs} ms: a run within its budget would be late`,
    );
  if (!/^[a-z][a-z0-9/-]*$/.test(file))
    refuse(`its code is in ${file}; give the file below firmware/ without its ending`);
  if (!/^[a-z][A-Za-z0-9]*$/.test(run)) refuse(`its code is called ${run}; give the name of an exported function`);
  if (doc.trim() === '') refuse('say in a sentence what it is responsible for');
}

const isPositive = (value: number) => Number.isInteger(value) && value > 0;
