import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
    expect(outcome.stdout).toMatch(/power \(a slice\): \d+ points, 0 violations, seed 1, .* points\/s a core\n$/);
    expect(outcome.stdout).toMatch(/, [\d.]+ m?s of processor time with its start, \d+ points\/s a core\n$/);
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

  it('is interrupted by Ctrl-C without leaving anything behind', async () => {
    const junit = join(folder, 'interrupted.xml');
    const child = spawn(process.execPath, [command, 'prove', 'power', '--threads', '1', '--junit', junit]);
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    setTimeout(() => child.kill('SIGINT'), 3000);
    const [code] = await once(child, 'close');
    expect(code).toBe(130);
    expect(stderr).toBe('error: interrupted\n');
    expect(readdirSync(folder)).not.toContain('interrupted.xml');
  });
});

/** The words of a line as a shell takes them, for the quotes such a line has. */
function words(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
}
