// The firmware's manifest in AssemblyScript: TASK_name for every task, its row, its name, and the call of its code.
//
// A row is found by the task's number, so that a number is all that a task is known by in the guest and on the wire; the running
// order is a list of numbers of its own. Row of a number (12 bytes): period in us (0: runs on events) | deadline in us | budget in cycles.
// A number that is retired has a row of zeros, which the kernel refuses.

import { tasks as ownTasks, retiredTasks, type Task } from '../firmware/tasks.ts';
import { checkTasks } from './check-tasks.ts';
import { generatedNotice } from './text.ts';

const US_PER_MS = 1000;

export function guestTasks(tasks: readonly Task[] = ownTasks, retired = retiredTasks): string {
  checkTasks(tasks, retired);
  const lines = [`// ${generatedNotice} The table is protocol/firmware/tasks.ts.`];
  for (const { name, number, doc } of tasks)
    lines.push(`/** ${doc}. */`, `export const TASK_${name}: u32 = ${number};`);
  const numbers = tasks.length + Object.keys(retired).length;
  lines.push(
    ...['', '/** Tasks there are. */', `export const TASK_COUNT: u32 = ${tasks.length};`],
    ...['/** Every task number is below this. */', `export const TASK_NUMBERS: u32 = ${numbers};`],
    ...['', '// Task numbers, u8, in the order in which tasks run.'],
    `export const TASK_ORDER: usize = memory.data<u8>([${tasks.map(({ number }) => number).join(', ')}]);`,
    ...['', '// By number: period in us (0: runs on events), deadline in us, budget in cycles; u32 each.'],
    'export const TASK_ROWS: usize = memory.data<u32>([',
    ...Array.from({ length: numbers }, (_, number) => `  ${row(tasks.find((task) => task.number === number))},`),
    ...[']);', '', '/** The name of a task, as task statistics show it. */'],
    ...['export function nameOfTask(task: u32): string {', '  switch (task) {'],
    ...tasks.flatMap(({ name }) => [`    case TASK_${name}:`, `      return '${name.toLowerCase()}';`]),
    ...['    default:', "      assert(false, 'a task of the manifest');", "      return '';", '  }', '}'],
  );
  return `${lines.join('\n')}\n`;
}

function row(task: Task | undefined): string {
  if (task === undefined) return '0, 0, 0';
  const periodMs = 'everyMs' in task.release ? task.release.everyMs : 0;
  return [periodMs * US_PER_MS, task.deadlineMs * US_PER_MS, task.budgetCycles].join(', ');
}

/** firmware/generated/run-task.ts: a task without code does not compile. */
export function guestRunTask(tasks: readonly Task[] = ownTasks): string {
  const files = [...new Set(tasks.map(({ code: [file] }) => file))].sort();
  const lines = [
    `// ${generatedNotice} The table is protocol/firmware/tasks.ts.`,
    "import * as task from '../../protocol/guest/generated/tasks';",
  ];
  for (const file of files) {
    const functions = tasks.filter(({ code }) => code[0] === file).map(({ code }) => code[1]);
    lines.push(`import { ${[...new Set(functions)].sort().join(', ')} } from '../${file}';`);
  }
  lines.push(
    '',
    '/** From the number of a task to its code. */',
    'export function runTask(number: u32): void {',
    '  switch (number) {',
  );
  for (const { name, code } of tasks) lines.push(`    case task.TASK_${name}:`, `      ${code[1]}();`, '      break;');
  lines.push('    default:', "      assert(false, 'a task of the manifest');", '  }', '}');
  return `${lines.join('\n')}\n`;
}
