import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { calibrationPermit } from './calibration-permit.ts';
import { readPolicy } from './files.ts';
import { hashOfToken, type Person } from './people.ts';

const [now, minute, hour] = [Date.parse('2027-01-15T08:00:00Z'), 60_000, 3_600_000];
const policy = readPolicy();
let folder: string;
let files: { people: string; token: string };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-permit-'));
  files = { people: join(folder, 'people.json'), token: join(folder, 'token') };
  writeFileSync(files.token, 'secret-1\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

const at = (ms: number) => new Date(now + ms).toISOString();
function asked(person: Partial<Person>): string {
  const people = { robot: { roles: ['technician'], token: hashOfToken('secret-1'), until: at(hour), ...person } };
  writeFileSync(files.people, JSON.stringify({ people }));
  const permit = calibrationPermit(files, policy, '0007', [now, now + 15 * minute]);
  return 'by' in permit ? `by ${permit.by}` : permit.refusal;
}

test('a technician whose token lasts as long as the calibration may calibrate', () => {
  expect(asked({})).toBe('by robot');
});

test.each<[string, Partial<Person>, RegExp]>([
  ['has ended', { until: at(-minute) }, /the credential of robot has ended/],
  ['ends before the calibration must', { until: at(10 * minute) }, /has ended .*, before the calibration must/],
  ['was revoked', { revoked: at(-minute) }, /was revoked/],
  ['never ends', { until: undefined }, /never ends; expected one that ends within a day/],
  ['lasts too long', { until: at(48 * hour) }, /ends only 2027-01-17.*; expected one that ends within a day/],
  ['is of somebody else', { token: hashOfToken('secret-2') }, /its token is nobody’s/],
  ['is of an operator', { roles: ['operator'] }, /^robot \(operator\) may not calibrate$/],
])('a token that %s opens nothing', (_, person, refusal) => {
  expect(asked(person)).toMatch(refusal);
  expect(asked(person)).not.toContain('secret');
});

test('a file that cannot be read lets nobody in, and is named', () => {
  const absent = { ...files, people: join(folder, 'absent.json') };
  expect(calibrationPermit(absent, policy, '0007', [now, now])).toEqual({
    refusal: expect.stringMatching(/absent\.json cannot be read/),
  });
  writeFileSync(files.people, '{}');
  expect(calibrationPermit(files, policy, '0007', [now, now])).toEqual({
    refusal: expect.stringMatching(/people\.json: people: expected/),
  });
});
