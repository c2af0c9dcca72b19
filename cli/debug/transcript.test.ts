// The example in docs/debug.md is what the commands say: its commands are given to the debugger of the same failure.
//
// Times below a millisecond, cycles and the hash of the image are not compared: they change with any line of the firmware, and tell a reader nothing.
// When it fails, put what was said into the page.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { register } from '../../hil/rig/scenario/expectations.ts';
import { defineScenario, runScenario } from '../../hil/rig/scenario/scenario.ts';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { command } from '../testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-transcript-'));
const file = join(folder, 'failure.coldrig');
const PROMPT = '(coldrig) ';

beforeAll(async () => {
  const scenario = defineScenario('a surge of 30 % leaves the rails on', { fridge: 'uts' }, async (rig) => {
    await rig.wait('1 s');
    rig.fault('power-surge at dac 30% after 5ms for 20ms');
    await rig.wait('50 ms');
    await rig.check(register('RAILS.ENABLE', 63));
  });
  writeFileSync(file, (await runScenario(scenario)).failureFile as Uint8Array);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** All blocks of the example, in which one run of the debugger is shown. */
function transcript(): string[] {
  const page = readFileSync(join(repositoryRoot, 'docs/debug.md'), 'utf8');
  const [, example] = page.split('\n## An example\n');
  const blocks = [...example.split('\n## ')[0].matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, block]) => block);
  return blocks.join('').trimEnd().split('\n');
}

/** Without what changes with any line of the firmware. */
const compared = (text: string): string =>
  text.replace(/(\d+\.\d{3})\d{6} s, cycle \d+/g, '$1 s').replace(/^(scenario '.*) \([0-9a-f]{12}\)$/m, '$1');

async function said(lines: string[]): Promise<string> {
  const child = spawn(process.execPath, [command, 'debug', file], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (bytes) => {
    text += bytes;
  });
  child.stdin.end(`${lines.join('\n')}\n`);
  await once(child, 'close');
  return text;
}

it('is what the debugger says', async () => {
  const [call, ...lines] = transcript();
  expect(call).toMatch(/^\$ coldrig debug /);
  const commands = lines.filter((line) => line.startsWith(PROMPT)).map((line) => line.slice(PROMPT.length));
  expect(commands.length).toBeGreaterThan(5);
  const answers = lines.filter((line) => !line.startsWith(PROMPT));
  // The page leaves out what the failure's own text goes on with.
  const cut = answers.indexOf('…');
  const found = compared(await said(commands))
    .trimEnd()
    .split('\n');
  expect(found.slice(0, cut)).toEqual(compared(answers.slice(0, cut).join('\n')).split('\n'));
  const after = answers.slice(cut + 1);
  expect(found.slice(-after.length)).toEqual(compared(after.join('\n')).split('\n'));
});
