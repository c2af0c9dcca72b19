// The door for credentials, over a real TLS socket: what a device gets there, and the attacks that are refused with a record.

import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, test as anyTest, beforeEach, describe, expect } from 'vitest';
import { Chip, reference } from '../../board/testing/attesting-chip.ts';
import { hasOpenssl, TestAuthority } from '../../telemetry/forward/testing-certificates.ts';
import { FakeLogDisk } from '../../telemetry/log/testing/fake-log-disk.ts';
import { hostTime } from '../../telemetry/time.ts';
import { Verifier } from '../attestation/verifier.ts';
import type { AuditEvent } from '../audit/event.ts';
import { DdiServer } from '../ddi/server.ts';
import { localAccess } from '../doors.ts';
import { Fleet, theFleet } from '../fleet.ts';
import { type FleetHttp, serveFleetHttp } from '../http.ts';
import { askHttp, readAnswer } from '../http-client.ts';
import { publicDer } from './certificates.ts';
import { EnrolClient } from './client.ts';
import { EnrolDoor } from './door.ts';
import { certificateMs, Enrolment, makeAuthority, nonceFor } from './enrolment.ts';

/** The server's certificate is made by openssl. */
const test = anyTest.skipIf(!hasOpenssl);
const { signal } = new AbortController();
const newKey = () => generateKeyPairSync('ed25519').privateKey;
const pem = (key: ReturnType<typeof newKey>) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const [mine, other] = [new Chip(1), new Chip(2)];
const key = newKey();
const startMs = Date.now();
const authority = makeAuthority('coldrig fleet', key, startMs - 1000);
const serverFolder = mkdtempSync(join(tmpdir(), 'coldrig-door-server-'));
const serverTls = hasOpenssl ? new TestAuthority(serverFolder).end('server') : { ca: '', cert: '', key: '' };
const serverAuthority = hasOpenssl ? readFileSync(serverTls.ca, 'utf8') : '';
afterAll(() => rmSync(serverFolder, { recursive: true }));

let folder = '';
let nowMs = startMs;
let recorded: AuditEvent[] = [];
let enrolment: Enrolment;
let fleet: Fleet;
let http: FleetHttp;
const time = {
  ...hostTime,
  monotonicMs: () => nowMs - startMs,
  wallNs: () => BigInt(nowMs) * 1_000_000n,
};
const audit = { record: async (event: AuditEvent) => recorded.push(event) };

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-door-'));
  [nowMs, recorded] = [startMs, []];
  const devices = new Map([mine, other].map((one) => [one.serial, one.key]));
  enrolment = new Enrolment({
    verifier: new Verifier({ devices, references: [reference], nowMs: () => nowMs }),
    ...{ audit, refusals: { note: async (_source: string, event: AuditEvent) => void recorded.push(event) } },
    ...{ key, certificate: new X509Certificate(authority), file: join(folder, 'state.json'), nowMs: () => nowMs },
  });
  fleet = await Fleet.open({ folder: '/fleet', time, access: localAccess, audit, disk: new FakeLogDisk() });
  for (const { serial: device } of [mine, other]) await fleet.ask(theFleet, { do: 'add-device', device });
  recorded = [];
  const door = new EnrolDoor(enrolment);
  const ddi = new DdiServer({ fleet, tenant: 'default', pollSeconds: 30, fileOf: () => undefined });
  http = await serveFleetHttp({
    ...{ host: '127.0.0.1', port: 0 },
    tls: { cert: serverTls.cert, key: serverTls.key },
    deviceAuthority: { certificate: authority, troubleWith: (certificate) => enrolment.troubleWith(certificate) },
    handlers: [(asked) => door.answer(asked), (asked) => ddi.answer(asked)],
    onError: (error) => {
      throw error;
    },
  });
});
afterEach(async () => {
  await http.close();
  await fleet.close();
  rmSync(folder, { recursive: true });
});

interface Credential {
  cert: string;
  key: string;
}

const clientWith = (held?: Credential) =>
  new EnrolClient({ server: http.origin, tls: { ca: serverAuthority, ...held } });

/** As `coldrig device enrol` does it. */
async function enrol(device = mine, as = device.serial): Promise<Credential> {
  const made = newKey();
  const publicKey = publicDer(made);
  const question = await clientWith().question(as, signal);
  const token = device.token(nonceFor(question, publicKey));
  const { certificate } = await clientWith().certificate({ device: as, question, key: publicKey, token }, signal);
  return { cert: certificate, key: pem(made) };
}

/** What a device with this credential is told about the device of this name. */
async function pollAs(held: Credential, name: string): Promise<string> {
  const url = new URL(`${http.origin}/default/controller/v1/${name}`);
  const tls = { ca: serverAuthority, ...held };
  const response = await askHttp({ method: 'GET', url, body: undefined, headers: {}, tls, signal });
  return `${response.statusCode} ${await readAnswer(response)}`;
}

const refusals = () =>
  recorded.filter(({ decision }) => decision === 'refused').map(({ verb, reason }) => `${verb}: ${reason}`);

test('a device that attests gets a certificate, is known by it, and renews it while it lasts', async () => {
  const held = await enrol();
  expect(await pollAs(held, mine.serial)).toMatch(/^200 .*polling/);
  // No more than the minute by which a certificate is good before it was made: TLS goes by the clock of this machine.
  nowMs += 30_000;
  const made = newKey();
  const { certificate, untilMs } = await clientWith(held).renewal(publicDer(made), signal);
  expect(untilMs).toBe(nowMs + certificateMs);
  expect(await pollAs({ cert: certificate, key: pem(made) }, mine.serial)).toMatch(/^200/);
  expect(recorded.map(({ verb, decision }) => `${verb} ${decision}`)).toEqual(['enrol allowed', 'renew allowed']);
});

describe('is refused, with a record', () => {
  test('a credential that has ended, also on a connection that is open, and it is not renewed', async () => {
    const held = await enrol();
    nowMs += certificateMs + 1;
    expect(await pollAs(held, mine.serial)).toMatch(/^401/);
    await expect(clientWith(held).renewal(publicDer(newKey()), signal)).rejects.toThrow(/has ended/);
    expect(refusals()).toEqual([
      `enter: the certificate of ${mine.serial} has ended; attest again`,
      `renew: the certificate of ${mine.serial} has ended; attest again`,
    ]);
  });

  test('the credential of another device', async () => {
    const held = await enrol(other);
    expect(await pollAs(held, mine.serial)).toMatch(/^401/);
    expect(refusals()).toEqual([`enter: its certificate is of device ${other.serial}`]);
    expect(recorded.at(-1)?.what).toEqual({ kind: 'device', name: mine.serial });
  });

  test('a credential that was revoked, until the device is admitted and attests again', async () => {
    const held = await enrol();
    await enrolment.revoke(mine.serial, 'ada', 'stolen');
    expect(await pollAs(held, mine.serial)).toMatch(/^401/);
    expect(refusals()).toEqual([`enter: the certificate of ${mine.serial} was revoked: stolen`]);
    await expect(clientWith(held).renewal(publicDer(newKey()), signal)).rejects.toThrow(/was revoked/);
    await expect(enrol()).rejects.toThrow(/was revoked: stolen/);
    expect(await enrolment.admit(mine.serial, 'ada', 'found')).toBe(true);
    expect(await pollAs(held, mine.serial)).toMatch(/^401/);
    expect(await pollAs(await enrol(), mine.serial)).toMatch(/^200/);
    expect(refusals().slice(1)).toEqual([expect.stringMatching(/^renew/), expect.stringMatching(/^enrol/)]);
  });

  test('a forged attestation: by another key, of another device, of what is no release', async () => {
    const forgers = [new Chip(1, reference, new Uint8Array(32)), new Chip(1, { ...reference, image: 'ee'.repeat(32) })];
    for (const forger of forgers) await expect(enrol(forger)).rejects.toThrow(/HTTP 403/);
    await expect(enrol(other, mine.serial)).rejects.toThrow(/HTTP 403/);
    expect(refusals()).toEqual([
      expect.stringMatching(/^enrol: .* is not signed by its key/),
      expect.stringMatching(/^enrol: .* as no release does/),
      expect.stringMatching(/^enrol: .* was asked, and a token of/),
    ]);
  });

  test('a token that was used before, or that somebody caught to use it with his key', async () => {
    const [publicKey, his] = [publicDer(newKey()), publicDer(newKey())];
    const question = await clientWith().question(mine.serial, signal);
    const token = mine.token(nonceFor(question, publicKey));
    const ask = (wanted: Uint8Array) =>
      clientWith().certificate({ device: mine.serial, question, key: wanted, token }, signal);
    await expect(ask(his)).rejects.toThrow(/answers no open question/);
    await ask(publicKey);
    await expect(ask(publicKey)).rejects.toThrow(/answers no open question/);
    expect(refusals()).toHaveLength(2);
  });
});

test('a certificate that somebody else has signed opens nothing, and is not renewed', async () => {
  const stranger = newKey();
  const held = { cert: makeAuthority('stranger', stranger, startMs - 1000), key: pem(stranger) };
  expect(await pollAs(held, mine.serial)).toMatch(/^401/);
  await expect(clientWith(held).renewal(publicDer(newKey()), signal)).rejects.toThrow(/is not of this authority/);
});

test('a request that is not understood is refused with the place, and an unknown device has no question', async () => {
  const ask = async (path: string, body: object, method = 'POST') => {
    const url = new URL(`/enrol/v1/${path}`, http.origin);
    const response = await askHttp({ method, url, body, headers: {}, tls: { ca: serverAuthority }, signal });
    return `${response.statusCode} ${await readAnswer(response)}`;
  };
  expect(await ask('question', {})).toMatch(/^400.*device is missing/);
  expect(await ask('question', { device: '12' })).toMatch(/^403.*is not known/);
  expect(await ask('certificate', { device: mine.serial, question: '?' })).toMatch(/^400.*expected bytes in base64/);
  expect(await ask('renewal', { key: '' })).toMatch(/^403.*no certificate was shown/);
  expect(await ask('else', {})).toMatch(/^404/);
  expect(await ask('question', {}, 'PUT')).toMatch(/^405/);
});
