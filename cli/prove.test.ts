import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coldrig, command } from './testing.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-prove-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('coldrig prove', () => {
  const slice = ['prove', 'power', '--slice', '--threads', '1'];

  it('prints a table for people, and writes JUnit for a CI', async () => {
    const junit = join(folder, 'power.xml');
    const outcome = await coldrig([...slice, '--scenario', 'factory boot', '--junit', junit]);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toMatch(/^scenario +points +violations\nfactory boot +\d+ +0\n/);
    expect(outcome.stdout).toMatch(/power \(a slice\): \d+ points, 0 violations, seed 1, .* points\/s per core\n$/);
    expect(outcome.stdout).toMatch(/, [\d.]+ m?s of processor time with its start, \d+ points\/s per core\n$/);
    expect(readFileSync(junit, 'utf8')).toContain('<testcase classname="prove.power" name="factory boot"');
  });

  it('ends with exit code 1 and a command that replays it where a violation is found', async () => {
    const broken = ['--scenario', 'upgrade', '--canary', 'power loss taken for a failed trial'];
    const outcome = await coldrig([...slice, ...broken, '--json']);
    expect(outcome.code).toBe(1);
    const [{ replay }] = outcome.json.found as { replay: string }[];
    const again = await coldrig([...words(replay).slice(1), '--json']);
    expect(again.json).toMatchObject({ ok: false, violations: expect.any(Number) });
    expect(again.code).toBe(1);
  });

  it('adds up all shards of one run, and refuses anything else with exit code 1 and the reason', async () => {
    const shards: string[] = [];
    for (const number of [1, 2]) {
      const { stdout } = await coldrig([...slice, '--scenario', 'upgrade', '--shard', `${number}/2`, '--json']);
      shards.push(join(folder, `${number}.json`));
      writeFileSync(shards[number - 1], stdout);
    }
    const [one, other] = shards;
    const whole = await coldrig(['prove', 'merge', one, other]);
    expect(whole).toMatchObject({ code: 0, stderr: '' });
    expect(whole.stdout).toMatch(/power \(a slice\): \d+ points, 0 violations, seed 1,/);
    const refused = async (files: string[]) => {
      const { code, json } = await coldrig(['prove', 'merge', ...files, '--json']);
      expect(code).toBe(1);
      return (json.error as { message: string }).message;
    };
    expect(await refused([one])).toMatch(/^shard 2\/2 is missing: run `coldrig prove power/);
    expect(await refused([one, other, one])).toMatch(/^shard 1\/2 is there twice/);
    expect(await refused([one, join(folder, 'no.json')])).toMatch(/no\.json cannot be read: there is no such file/);
    const broken = join(folder, 'broken.json');
    for (const [text, reason] of [
      ['', 'the file is empty'],
      [readFileSync(other, 'utf8').slice(0, 200), 'the JSON breaks off'],
      [readFileSync(other, 'utf8').replace('"seed":1', '"seed":2'), "its seed is '2', there it is '1'"],
    ]) {
      writeFileSync(broken, text);
      expect(await refused([one, broken])).toContain(reason);
    }
  });

  it.each([
    [
      'as soon as it listens',
      "process.on('newListener', (name) => name === 'SIGINT' && process.listenerCount(name) === 1",
    ],
    ['while its threads work', "process.on('worker', () => true"],
  ])('is interrupted by Ctrl-C %s, without leaving anything behind', async (_when, isIt) => {
    const junit = join(folder, 'interrupted.xml');
    // Loaded before the command: tells this test that the moment has come. What the signal is to interrupt is there then, however slow the machine.
    const teller = `data:text/javascript,${encodeURIComponent(`${isIt} && setImmediate(() => process.send?.('now')));`)}`;
    const child = spawn(
      process.execPath,
      ['--import', teller, command, 'prove', 'power', '--threads', '1', '--junit', junit],
      { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    );
    let stderr = '';
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    child.once('message', () => child.kill('SIGINT'));
    const [code] = await once(child, 'close');
    expect(stderr).toBe('error: interrupted\n');
    expect(code).toBe(130);
    expect(readdirSync(folder)).not.toContain('interrupted.xml');
  });
});

/** The words of a line as a shell takes them, for the quotes such a line has. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}
