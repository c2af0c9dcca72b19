// Measures, prints a table, writes build/bench.json. Run: make bench, or with names to measure only those files: tsx hil/test/bench/main.ts crypto
//
// Each file is measured in a process of its own (one.ts): an engine that has seen one file's objects runs the next one's code
// up to three times slower, which no user of that code would meet.

import { execFile } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { benches } from './benches.ts';
import { type BenchRow, moreIsBetter, reachesGoal } from './row.ts';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => benches[name] === undefined);
if (unknown.length > 0) {
  console.error(`no benchmark is called ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}

const rows: BenchRow[] = [];
for (const name of Object.keys(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`measuring ${name} …`);
  rows.push(...(await measureAlone(name)));
}
print(rows);
if (wanted.length === 0) save(rows);

async function measureAlone(name: string): Promise<BenchRow[]> {
  const script = join(repositoryRoot, 'hil/test/bench/one.ts');
  const child = promisify(execFile)(process.execPath, ['--import', 'tsx', script, name], { cwd: repositoryRoot });
  child.child.stderr?.pipe(process.stderr);
  return JSON.parse((await child).stdout) as BenchRow[];
}

function print(table: BenchRow[]): void {
  const lines = table.map((row) => [row.id, figure(row.value), row.unit, goalOf(row), row.peer, figure(row.peerValue)]);
  const head = ['id', 'value', 'unit', 'goal', 'peer', 'its value'];
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column].length)));
  const rightAligned = new Set([1, 5]);
  for (const line of [head, ...lines]) {
    console.log(
      line
        .map((text, i) => (rightAligned.has(i) ? text.padStart(widths[i]) : text.padEnd(widths[i])))
        .join('  ')
        .trimEnd(),
    );
  }
}

function goalOf(row: BenchRow): string {
  if (row.goal === 0) return '';
  return `${moreIsBetter(row.unit) ? '>=' : '<='} ${figure(row.goal)} ${reachesGoal(row) ? 'met' : 'MISSED'}`;
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function save(table: BenchRow[]): void {
  const path = join(repositoryRoot, 'build', 'bench.json');
  mkdirSync(join(repositoryRoot, 'build'), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(table, null, 2)}\n`);
  renameSync(`${path}.new`, path);
  console.error('wrote build/bench.json');
}
