import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { coldrig } from '../testing.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-telemetry-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

test('rules are written with the address of the runbooks, and read as YAML', async () => {
  const out = join(folder, 'rules');
  const { code, json } = await coldrig([
    '--json',
    'telemetry',
    'rules',
    '--out',
    out,
    '--runbooks',
    'https://wiki.lab/r/',
  ]);
  const names = ['coldrig-rules.yml', 'alertmanager.yml'];
  expect([code, json]).toEqual([0, { ok: true, files: names.map((name) => join(out, name)) }]);
  expect(readdirSync(out).sort()).toEqual([...names].sort());
  const [rules, alertmanager] = names.map((name) => readFileSync(join(out, name), 'utf8'));
  expect(rules).toContain('runbook_url: https://wiki.lab/r/stage-warm.md');
  expect(parse(rules).groups.length).toBeGreaterThan(10);
  expect(parse(alertmanager).receivers[0].webhook_configs[0].url).toBe('http://127.0.0.1:9095/page');
});

test('dashboards are written, and a second time too', async () => {
  const out = join(folder, 'dashboards');
  for (let time = 0; time < 2; time++)
    expect((await coldrig(['telemetry', 'dashboards', '--out', out])).stdout).toContain('coldrig-on-call.json');
  const uids = readdirSync(out).map((name) => JSON.parse(readFileSync(join(out, name), 'utf8')).uid);
  expect(uids.sort()).toEqual(['coldrig-debug', 'coldrig-executive', 'coldrig-on-call']);
});

test.each([
  [['rules'], "required option '--out <folder>'"],
  [['rules', '--out', 'x', '--runbooks', 'wiki'], 'expected an address such as https://'],
  [['dashboards', '--out', '/dev/null/x'], 'folder /dev/null/x cannot be made: a part of the path is a file'],
])('telemetry %j is refused: %s', async (words, said) => {
  const { code, stderr } = await coldrig(['telemetry', ...words]);
  expect(code).not.toBe(0);
  expect(stderr.replace(/\s+/g, ' ')).toContain(said);
});
