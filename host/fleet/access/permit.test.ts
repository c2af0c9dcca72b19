import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCertificate, publicDer } from '../enrol/certificates.ts';
import { readPolicy } from './files.ts';
import { hashOfToken, type Person } from './people.ts';
import { devicePermit, personPermit } from './permit.ts';

const [now, minute, hour] = [Date.parse('2027-01-15T08:00:00Z'), 60_000, 3_600_000];
const policy = readPolicy();
const calibration = { verb: 'calibrate', device: '0007' } as const;
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
  const permit = personPermit(files, policy, calibration, [now, now + 15 * minute]);
  return 'by' in permit ? `by ${permit.by}` : permit.refusal;
}

test('a technician whose token lasts as long as the calibration may calibrate', () => {
  expect(asked({})).toBe('by robot');
});

test.each<[string, Partial<Person>, RegExp]>([
  ['has ended', { until: at(-minute) }, /the credential of robot has ended/],
  ['ends before the calibration must', { until: at(10 * minute) }, /ends .*; to calibrate may take 15 minutes/],
  ['was revoked', { revoked: at(-minute) }, /was revoked/],
  ['never ends', { until: undefined }, /never ends; expected one that ends within a day/],
  ['lasts too long', { until: at(48 * hour) }, /ends only 2027-01-17.*; expected one that ends within a day/],
  ['is of somebody else', { token: hashOfToken('secret-2') }, /its token is nobody’s/],
  ['is of an operator', { roles: ['operator'] }, /^person robot \(operator\) may not calibrate device 0007: no rule/],
])('a token that %s opens nothing', (_, person, refusal) => {
  expect(asked(person)).toMatch(refusal);
  expect(asked(person)).not.toContain('secret');
});

test('a file that cannot be read lets nobody in, and is named', () => {
  const absent = { ...files, people: join(folder, 'absent.json') };
  expect(personPermit(absent, policy, calibration, [now, now])).toEqual({
    refusal: expect.stringMatching(/absent\.json cannot be read/),
  });
  writeFileSync(files.people, '{}');
  expect(personPermit(files, policy, calibration, [now, now])).toEqual({
    refusal: expect.stringMatching(/people\.json: people: expected/),
  });
});

test('a technician may flash by a gateway; what a calibration may is asked of another rule', () => {
  writeFileSync(
    files.people,
    JSON.stringify({ people: { tim: { roles: ['technician'], token: hashOfToken('secret-1'), until: at(hour) } } }),
  );
  expect(personPermit(files, policy, { verb: 'flash', device: '0007' }, [now, now])).toEqual({ by: 'tim' });
  const noFlash = readPolicy({
    name: 'own.cedar',
    text: '@id("calibration") permit (principal, action == Action::"calibrate", resource);',
  });
  expect(personPermit(files, noFlash, calibration, [now, now])).toEqual({ by: 'tim' });
  expect(personPermit(files, noFlash, { verb: 'flash', device: '0007' }, [now, now])).toEqual({
    refusal: 'person tim (technician) may not flash device 0007: no rule of the policy permits it',
  });
});

describe('the certificate of a device', () => {
  const pair = generateKeyPairSync('ed25519');
  const certificate = (subject: string) => {
    const path = join(folder, 'device.pem');
    const of = { subject, issuer: 'devices', publicKey: publicDer(pair.publicKey), isAuthority: false };
    writeFileSync(path, makeCertificate({ ...of, fromMs: now, untilMs: now + hour }, pair.privateKey).pem);
    return path;
  };
  const asked = (path: string, ms = now) => devicePermit(path, policy, { verb: 'flash', device: 'rig-1' }, ms);

  test('lets the device itself be flashed, while it lasts', () => {
    expect(asked(certificate('rig-1'))).toEqual({ by: 'rig-1' });
    expect(asked(certificate('rig-1'), now + hour + 1)).toEqual({
      refusal: 'the certificate of device rig-1 is good from 2027-01-15T08:00:00.000Z to 2027-01-15T09:00:00.000Z',
    });
  });

  test('lets no other device be flashed, and nothing is calibrated by it', () => {
    expect(asked(certificate('rig-2'))).toEqual({
      refusal: 'device rig-2 may not flash device rig-1: the policy forbids it: a device never speaks for another',
    });
    const path = certificate('rig-1');
    expect(devicePermit(path, policy, { verb: 'calibrate', device: 'rig-1' }, now)).toEqual({
      refusal: 'device rig-1 may not calibrate device rig-1: no rule of the policy permits it',
    });
  });

  test('that is none, or is not there, opens nothing', () => {
    expect(asked(join(folder, 'absent.pem'))).toEqual({ refusal: expect.stringMatching(/absent\.pem cannot be read/) });
    expect(asked(files.token)).toEqual({ refusal: expect.stringMatching(/token: expected a certificate in PEM/) });
  });
});
