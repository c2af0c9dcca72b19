import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Chip, reference } from '../../board/testing/attesting-chip.ts';
import { cases } from '../../board/testing/cases.ts';
import { nonceWithinMs, Verifier } from '../attestation/verifier.ts';
import type { AuditEvent } from '../audit/event.ts';
import { makeCertificate, publicDer } from './certificates.ts';
import { certificateMs, Enrolment, makeAuthority, nonceFor } from './enrolment.ts';
import { EnrolError } from './error.ts';

const newKey = () => generateKeyPairSync('ed25519').privateKey;
const source = '192.0.2.1';
const chip = new Chip(1);
const other = new Chip(2);
const key = newKey();
const startMs = Date.now();
const authority = makeAuthority('coldrig fleet', key, startMs - 1000);

let folder = '';
let nowMs = startMs;
let recorded: AuditEvent[] = [];
let enrolment: Enrolment;

function open(): Enrolment {
  const devices = new Map([chip, other].map((one) => [one.serial, one.key]));
  return new Enrolment({
    verifier: new Verifier({ devices, references: [reference], nowMs: () => nowMs }),
    audit: { record: async (event) => recorded.push(event) },
    refusals: { note: async (_source, event) => void recorded.push(event) },
    ...{ key, certificate: new X509Certificate(authority), file: join(folder, 'authority.json'), nowMs: () => nowMs },
  });
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-enrol-'));
  [nowMs, recorded] = [startMs, []];
  enrolment = open();
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A certificate for a new key of the chip, asked for as it should be. */
async function enrolled(device = chip) {
  const client = newKey();
  const publicKey = publicDer(client);
  const question = enrolment.ask(device.serial);
  const token = device.token(nonceFor(question, publicKey));
  const { certificate } = await enrolment.enrol({ serial: device.serial, question, publicKey, token, source });
  return { client, certificate };
}

/** What a server that asks for certificates says to a client; undefined: it lets it in. */
async function refusedByTls({
  client,
  certificate,
}: Awaited<ReturnType<typeof enrolled>>): Promise<string | undefined> {
  const pem = (of: typeof key) => of.export({ type: 'pkcs8', format: 'pem' }).toString();
  const own = makeAuthority('server', key, startMs - 1000);
  const tls = { requestCert: true, rejectUnauthorized: false, ca: authority, crl: enrolment.revocationList() };
  let reason: string | undefined;
  const server = createServer({ key: pem(key), cert: own, ...tls }, (line) => {
    // What a server that insists closes the line for.
    if (!line.authorized)
      reason = String((line.authorizationError as Error & { code?: string })?.code ?? line.authorizationError);
    line.end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: '127.0.0.1', key: pem(client), cert: certificate, rejectUnauthorized: false });
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'close');
  server.close();
  await once(server, 'close');
  return reason;
}

test('a device that attests gets a certificate for its key and an hour, which TLS takes', async () => {
  const held = await enrolled();
  const certificate = new X509Certificate(held.certificate);
  expect(certificate.subject).toBe(`CN=${chip.serial}`);
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
  expect(certificate.checkPrivateKey(held.client)).toBe(true);
  expect(Math.abs(Date.parse(certificate.validTo) - startMs - certificateMs)).toBeLessThan(1000);
  expect(await refusedByTls(held)).toBeUndefined();
  expect(recorded).toMatchObject([{ verb: 'enrol', decision: 'allowed', reason: 'runs release 1.2.0' }]);
});

test('a token that somebody caught gives no certificate for his key, nor a second one', async () => {
  const [mine, his] = [publicDer(newKey()), publicDer(newKey())];
  const question = enrolment.ask(chip.serial);
  const token = chip.token(nonceFor(question, mine));
  const asked = { serial: chip.serial, question, publicKey: mine, token, source };
  await expect(enrolment.enrol({ ...asked, publicKey: his })).rejects.toThrow(/answers no open question/);
  await enrolment.enrol(asked);
  await expect(enrolment.enrol(asked)).rejects.toThrow(/answers no open question/);
  expect(recorded.map(({ decision }) => decision)).toEqual(['refused', 'allowed', 'refused']);
});

test('another device, a forged token and a late one give none, and each refusal is on record', async () => {
  const publicKey = publicDer(newKey());
  const forged = new Chip(1, reference, new Uint8Array(32));
  const tried = (device: Chip, as = chip.serial) => {
    const question = enrolment.ask(as);
    const token = device.token(nonceFor(question, publicKey));
    return enrolment.enrol({ serial: as, question, publicKey, token, source });
  };
  await expect(tried(other)).rejects.toThrow(/was asked, and a token of/);
  await expect(tried(forged)).rejects.toThrow(/is not signed by its key/);
  await expect(tried(new Chip(1, { ...reference, image: 'ee'.repeat(32) }))).rejects.toThrow(/as no release does/);
  const question = enrolment.ask(chip.serial);
  nowMs += nonceWithinMs + 1;
  const token = chip.token(nonceFor(question, publicKey));
  const late = { serial: chip.serial, question, publicKey, token, source };
  await expect(enrolment.enrol(late)).rejects.toThrow(/after the question/);
  expect(recorded.map(({ decision }) => decision)).toEqual(Array(4).fill('refused'));
});

test('a certificate is renewed while it lasts, and not when it has ended or is of another authority', async () => {
  const held = new X509Certificate((await enrolled()).certificate);
  nowMs += certificateMs - 1000;
  const { certificate } = await enrolment.renew(held, publicDer(newKey()), source);
  expect(Date.parse(new X509Certificate(certificate).validTo)).toBeGreaterThan(Date.parse(held.validTo));
  nowMs += 2000;
  await expect(enrolment.renew(held, publicDer(newKey()), source)).rejects.toThrow(/has ended; attest again/);
  const stranger = new X509Certificate(makeAuthority('coldrig fleet', newKey(), startMs));
  await expect(enrolment.renew(stranger, publicDer(newKey()), source)).rejects.toThrow(/not of this authority/);
});

test('a certificate of an authority that only has the same name is not renewed', async () => {
  const his = newKey();
  const held = makeCertificate(
    {
      ...{ subject: chip.serial, issuer: 'coldrig fleet', publicKey: publicDer(newKey()), isAuthority: false },
      ...{ fromMs: startMs - 1000, untilMs: startMs + certificateMs },
    },
    his,
  );
  const renewed = enrolment.renew(new X509Certificate(held.pem), publicDer(newKey()), source);
  await expect(renewed).rejects.toThrow(/not of this authority/);
});

test('nothing is given that is not in the file of the authority', async () => {
  mkdirSync(join(folder, 'authority.json'));
  await expect(enrolled()).rejects.toThrow(/authority\.json cannot be written; nothing was given or revoked/);
  await expect(enrolment.revoke(chip.serial, 'tim', 'stolen')).rejects.toThrow(/cannot be written/);
  expect(recorded.map(({ decision }) => decision)).toEqual(['refused']);
});

test('a device that was revoked gets none, renews none, and TLS refuses what it has, also after a restart', async () => {
  const [held, good] = [await enrolled(), await enrolled(other)];
  await enrolment.revoke(chip.serial, 'tim', 'stolen');
  enrolment = open();
  await expect(enrolled()).rejects.toThrow(/was revoked: stolen/);
  await expect(enrolment.renew(new X509Certificate(held.certificate), publicDer(newKey()), source)).rejects.toThrow(
    /was revoked/,
  );
  expect(await refusedByTls(held)).toBe('CERT_REVOKED');
  expect(await refusedByTls(good)).toBeUndefined();
  expect(recorded.at(2)).toMatchObject({
    verb: 'revoke',
    decision: 'done',
    who: { kind: 'person', name: 'tim' },
    reason: 'stolen',
  });
});

test('any bytes as a key are certified or refused with an error of its own', async () => {
  const der = publicDer(newKey());
  const held = new X509Certificate((await enrolled()).certificate);
  const bent = fc
    .tuple(fc.nat(der.length), fc.uint8Array({ maxLength: 4 }))
    .map(([at, more]) => Uint8Array.from([...der.subarray(0, at), ...more, ...der.subarray(at + more.length)]));
  await fc.assert(
    fc.asyncProperty(fc.oneof(bent, fc.uint8Array({ maxLength: 100 })), async (bytes) => {
      await enrolment.renew(held, bytes, source).catch((error) => expect(error).toBeInstanceOf(EnrolError));
    }),
    cases(40),
  );
  const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
  await expect(enrolment.renew(held, publicDer(rsa), source)).rejects.toThrow(
    /of another type; expected Ed25519 or P-256/,
  );
});

test('a file of the authority that was changed is refused: who was revoked is in it', async () => {
  await enrolment.revoke(chip.serial, 'tim', 'stolen');
  const file = join(folder, 'authority.json');
  for (const text of ['', '[]', '{"revoked":{}}', readFileSync(file, 'utf8').slice(3)]) {
    writeFileSync(file, text);
    expect(open, text).toThrow(/is not what this authority wrote/);
  }
});
