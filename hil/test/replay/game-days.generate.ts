// Plays a thousand random game days, repeats each from its file in another process, and writes the figures into docs/scenarios.md.
// Run: npx tsx hil/test/replay/game-days.generate.ts [DAYS] (a quarter of an hour on two cores; 1000 when left out)
//
// Fifty days have a seed of their own, which is that of noise, torn writes and choices. What must stay true: no process plays and repeats.

import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileGuest, repositoryRoot } from '../../../host/tools/guest.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';
import type { RepeatedDay } from './game-days.ts';

const DAYS_A_SEED = 50;
const WORKERS = 2;
const page = join(repositoryRoot, 'docs', 'scenarios.md');
const marks = /(<!-- game days -->\n)[\s\S]*?(\n<!-- \/game days -->)/;

const days = Number(process.argv[2] ?? 1000);
if (!Number.isInteger(days) || days < 1) throw new RangeError(`'${process.argv[2]}' is no number of days: write 1000`);
// So that no process waits for a compiler.
await Promise.all([compileGuest('bootloader/main.ts'), compileFirmware('firmware/main.ts')]);
const folder = mkdtempSync(join(tmpdir(), 'coldrig-days-'));
const began = performance.now();
let alarms = 0;
const repeated: RepeatedDay[] = [];
try {
  const seeds = Array.from({ length: Math.ceil(days / DAYS_A_SEED) }, (_, index) => 1 + index);
  await Promise.all(Array.from({ length: WORKERS }, () => work(seeds)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const other = repeated.filter(({ differences }) => differences.length > 0);
for (const { name, differences } of other) console.error(`${name}: ${differences.join('; ')}`);
const same = repeated.length - other.length;
const minutes = ((performance.now() - began) / 60_000).toFixed(0);
const text = `Of ${repeated.length} random game days with ${alarms} alarms, ${same} were repeated from their files in another process with the same log hash and the same failure at the same nanosecond (\`npx tsx hil/test/replay/game-days.generate.ts\`, ${minutes} minutes).`;
console.log(text);
if (days >= 1000) writeFileSync(page, readFileSync(page, 'utf8').replace(marks, `$1${text}$2`));
process.exitCode = other.length === 0 && repeated.length === days ? 0 : 1;

/** Takes seeds until there is none left. */
async function work(seeds: number[]): Promise<void> {
  for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
    const own = join(folder, `${seed}`);
    mkdirSync(own);
    const first = (seed - 1) * DAYS_A_SEED + 1;
    const last = Math.min(days, seed * DAYS_A_SEED);
    for (const played of await lines(['play', seed, first, last, own])) alarms += played.alarms;
    repeated.push(...((await lines(['repeat', own])) as unknown as RepeatedDay[]));
    rmSync(own, { recursive: true });
    console.error(`${repeated.length} of ${days} days repeated`);
  }
}

function lines(words: (string | number)[]): Promise<{ alarms: number }[]> {
  const script = join(repositoryRoot, 'hil/test/replay/game-days-process.ts');
  const hooks = join(repositoryRoot, 'host/tools/typescript-hooks.mjs');
  const child = spawn(process.execPath, ['--import', hooks, script, ...words.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (bytes) => {
    text += bytes;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code !== 0) reject(new Error(`${words.join(' ')}: the process ended with ${code}`));
      else
        resolve(
          text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line)),
        );
    });
  });
}
