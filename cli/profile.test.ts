// `coldrig run --lcov --profile`: what a run executed, in files and at its end.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { SpeedscopeFile } from '../host/tools/profile/speedscope.ts';
import type { WorstCase } from '../host/tools/profile/worst.ts';
import { coldrig } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'coldrig-profile-'));
afterAll(() => rmSync(folder, { recursive: true }));
const [lcov, profile] = [join(folder, 'run.info'), join(folder, 'run.json')];
const run = (...options: string[]) => coldrig(['run', '--udp', '0', '--for', '1.2', '--speed', 'max', ...options]);
const endOf = (stdout: string) => JSON.parse(stdout.trim().split('\n').at(-1) ?? '');

test('a run tells in files what it executed, and is the same run', async () => {
  const [watched, plain] = [await run('--lcov', lcov, '--profile', profile, '--json'), await run('--json')];
  const end = endOf(watched.stdout);
  expect(end.logHash).toBe(endOf(plain.stdout).logHash);
  expect(end.coverage.firmware.reached).toBeGreaterThan(500);
  expect(end.coverage.bootloader.blocks).toBeGreaterThan(end.coverage.bootloader.reached);
  const worst: WorstCase[] = end.profile;
  expect(worst.find(({ task }) => task === 'interlock')).toMatchObject({
    module: 'firmware',
    kind: 'task',
    cut: false,
  });
  expect(readFileSync(lcov, 'utf8')).toMatch(/^SF:.*firmware\/main\.ts$/m);
  const { profiles }: SpeedscopeFile = JSON.parse(readFileSync(profile, 'utf8'));
  const longest = profiles.find(({ name }) => name.startsWith('longest interlock'));
  expect(longest?.endValue).toBe(worst.find(({ task }) => task === 'interlock')?.timeNs);
});

test('a file that cannot be written is said before the run', async () => {
  const { code, stderr } = await run('--profile', join(folder, 'nowhere', 'run.json'));
  expect([code, /the profile .*nowhere.* cannot be written/.test(stderr)]).toEqual([1, true]);
});
