// The Indexed Job in docs/: its pods run every share of the proof once. Each pod's command is run here, with a `coldrig` that only says what it
// was asked for.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Job, jobObjects } from './job.ts';

const { spec } = jobObjects().Job as Job;
const [container] = spec.template.spec.containers;
const shards = Number(container.env.find(({ name }) => name === 'SHARDS')?.value);

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'campaign-job-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the pod of an index; its `coldrig` prints `says` with the arguments behind it, and ends with `code`. */
function pod(index: number, says: string, code: number): number | null {
  const coldrig = join(folder, 'coldrig');
  writeFileSync(coldrig, `#!/bin/sh\necho '${says}' "$@"\nexit ${code}\n`);
  chmodSync(coldrig, 0o755);
  const [shell, ...words] = [...container.command, ...container.args];
  const own = { PATH: `${folder}${delimiter}${process.env.PATH}`, RESULTS: folder, SHARDS: `${shards}` };
  return spawnSync(shell, words, { env: { ...own, JOB_COMPLETION_INDEX: `${index}` } }).status;
}
const results = () => readdirSync(folder).filter((name) => /json/.test(name));

test('the job has a pod for each share, which asks for that share and keeps the result', () => {
  expect(spec).toMatchObject({ completionMode: 'Indexed', completions: shards });
  expect(spec.template.spec.restartPolicy).toBe('Never');
  const said = Array.from({ length: spec.completions }, (_, index) => {
    expect(pod(index, '"violations"', 0)).toBe(0);
    return readFileSync(join(folder, `${index + 1}.json`), 'utf8').trim();
  });
  const asked = (share: number) => `"violations" prove power --threads 1 --json --shard ${share}/${shards}`;
  expect(said).toEqual(said.map((_, index) => asked(index + 1)));
  expect(results()).toHaveLength(shards);
});

test('a share with violations is done, and one that failed is not', () => {
  for (const name of results()) rmSync(join(folder, name));
  expect(pod(0, '{"ok":false,"violations":3}', 1)).toBe(0);
  expect(pod(1, '{"ok":false,"error":{}}', 1)).toBe(1);
  expect(pod(2, '', 2)).toBe(2);
  expect(results().filter((name) => !name.endsWith('.part'))).toEqual(['1.json']);
});

test('what a pod mounts is there', () => {
  const there = spec.template.spec.volumes.map(({ name }) => name);
  expect(container.volumeMounts.map(({ name }) => name)).toEqual(there);
  expect(container.env.find(({ name }) => name === 'XDG_CACHE_HOME')?.value).toBe('/cache');
});
