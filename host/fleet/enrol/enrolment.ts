// Enrolment: a device that attests gets a certificate for an hour, renews it while it lasts, and gets no other once it is revoked.
//
//   ask(serial) ──question──> device: token about SHA-256(question ‖ key) ──> enrol ──> certificate for this key
//                             device, by its certificate that has not ended ──> renew ──> certificate for a new key
//
// What must stay true: a token is about one key, so a token that somebody else caught is of no use with his; what is given or revoked is in the file of
// the authority before anybody is told; every decision is on record.

import { createHash, createPublicKey, type KeyObject, type X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeDurably } from '../../links/whole-file.ts';
import { AttestationError } from '../attestation/error.ts';
import type { Verifier } from '../attestation/verifier.ts';
import type { Audit } from '../audit/audit-log.ts';
import { makeCertificate, makeRevocationList, publicDer } from './certificates.ts';
import { EnrolError } from './error.ts';

export const certificateMs = 3_600_000;
/** A certificate is good from a little before it was made, because clocks differ. */
const earlierMs = 60_000;
const keyBytesMost = 1_000;

interface State {
  /** Devices that get no certificate, by serial number, and why. */
  revoked: Record<string, string>;
  /** Certificates that have not ended. */
  issued: { device: string; number: string; untilMs: number }[];
}

export interface EnrolmentOptions {
  verifier: Verifier;
  audit: Audit;
  /** Private key of the authority, Ed25519. */
  key: KeyObject;
  certificate: X509Certificate;
  /** File of what was given and revoked; it is made when it is not there. */
  file: string;
  /** Since 1970, by the clock of this machine. */
  nowMs: () => number;
}

export interface Given {
  certificate: string;
  untilMs: number;
}

/** A certificate for a new authority, which signs itself. */
export function makeAuthority(name: string, key: KeyObject, fromMs: number, days = 3650): string {
  const request = { subject: name, issuer: name, publicKey: publicDer(key), isAuthority: true };
  return makeCertificate({ ...request, fromMs, untilMs: fromMs + days * 86_400_000 }, key).pem;
}

/** The nonce of a token that is to enrol this key. */
export function nonceFor(question: Uint8Array, publicKey: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(question).update(publicKey).digest());
}

export class Enrolment {
  private readonly options: EnrolmentOptions;
  private readonly name: string;
  private state: State;

  constructor(options: EnrolmentOptions) {
    this.options = options;
    const { certificate, key, file } = options;
    if (!certificate.checkPrivateKey(key))
      throw new EnrolError('ENROL_KEY', 'the key of the authority is not that of its certificate');
    this.name = /^CN=(.*)$/m.exec(certificate.subject)?.[1] ?? '';
    this.state = existsSync(file) ? readState(readFileSync(file, 'utf8'), file) : { revoked: {}, issued: [] };
  }

  ask(serial: string): Uint8Array {
    return this.options.verifier.ask(serial);
  }

  /** `publicKey`: DER. Rejects with an EnrolError or an AttestationError, which are on record. */
  enrol(serial: string, question: Uint8Array, publicKey: Uint8Array, token: Uint8Array): Promise<Given> {
    return this.decided('enrol', serial, () => {
      const key = keyIn(publicKey);
      const { reference } = this.options.verifier.check(token, {
        question,
        nonce: nonceFor(question, publicKey),
        serial,
      });
      return { ...this.give(serial, key), reason: `runs release ${reference.release}` };
    });
  }

  /** `held`: the certificate that the device shows, whose key the line has checked. */
  renew(held: X509Certificate, publicKey: Uint8Array): Promise<Given> {
    const serial = /^CN=([0-9a-f]{32})$/m.exec(held.subject)?.[1] ?? 'unknown';
    return this.decided('renew', serial, () => {
      const { certificate, nowMs } = this.options;
      const isOurs = held.checkIssued(certificate) && held.verify(certificate.publicKey);
      if (!isOurs || serial === 'unknown')
        throw new EnrolError('ENROL_CERTIFICATE', `the certificate of ${serial} is not of this authority`);
      if (Date.parse(held.validTo) <= nowMs() || Date.parse(held.validFrom) > nowMs())
        throw new EnrolError('ENROL_CERTIFICATE', `the certificate of ${serial} has ended; attest again`);
      return { ...this.give(serial, keyIn(publicKey)), reason: 'by its certificate' };
    });
  }

  /** No certificate for this device any more, and those that it has are on the list. `by`: who asks. */
  async revoke(serial: string, by: string, reason: string): Promise<void> {
    this.keep({ ...this.state, revoked: { ...this.state.revoked, [serial]: reason } });
    await this.record('revoke', serial, 'done', reason, { kind: 'person', name: by });
  }

  /** PEM, good for an hour. */
  revocationList(): string {
    const fromMs = this.options.nowMs();
    const numbers = this.state.issued
      .filter(({ device, untilMs }) => untilMs > fromMs && Object.hasOwn(this.state.revoked, device))
      .map(({ number }) => number);
    return makeRevocationList(
      this.name,
      numbers,
      { fromMs: fromMs - earlierMs, untilMs: fromMs + certificateMs },
      this.options.key,
    );
  }

  private give(serial: string, key: KeyObject): Given {
    if (Object.hasOwn(this.state.revoked, serial))
      throw new EnrolError('ENROL_REVOKED', `device ${serial} was revoked: ${this.state.revoked[serial]}`);
    const nowMs = this.options.nowMs();
    const untilMs = nowMs + certificateMs;
    const request = { subject: serial, issuer: this.name, publicKey: publicDer(key), isAuthority: false };
    const made = makeCertificate({ ...request, fromMs: nowMs - earlierMs, untilMs }, this.options.key);
    const issued = this.state.issued.filter((one) => one.untilMs > nowMs);
    this.keep({ ...this.state, issued: [...issued, { device: serial, number: made.number, untilMs }] });
    return { certificate: made.pem, untilMs };
  }

  private keep(state: State): void {
    try {
      writeDurably(this.options.file, `${JSON.stringify(state)}\n`, 0o600);
    } catch (error) {
      throw new EnrolError(
        'ENROL_STATE',
        `${this.options.file} cannot be written; nothing was given or revoked`,
        error,
      );
    }
    this.state = state;
  }

  private async decided(verb: string, serial: string, work: () => Given & { reason: string }): Promise<Given> {
    let given: Given & { reason: string };
    try {
      given = work();
    } catch (error) {
      if (error instanceof EnrolError || error instanceof AttestationError)
        await this.record(verb, serial, 'refused', error.message);
      throw error;
    }
    await this.record(verb, serial, 'allowed', given.reason);
    return { certificate: given.certificate, untilMs: given.untilMs };
  }

  private async record(
    verb: string,
    serial: string,
    decision: 'allowed' | 'refused' | 'done',
    reason: string,
    who = { kind: 'device', name: serial },
  ): Promise<void> {
    const time = new Date(this.options.nowMs()).toISOString();
    await this.options.audit.record({ time, who, verb, what: { kind: 'device', name: serial }, decision, reason });
  }
}

/** A key that a client may have: Ed25519 or P-256. */
function keyIn(der: Uint8Array): KeyObject {
  try {
    if (der.length > keyBytesMost) throw new Error('too long');
    const key = createPublicKey({ key: Buffer.from(der), format: 'der', type: 'spki' });
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
    if (type === 'ed25519' || (type === 'ec' && details?.namedCurve === 'prime256v1')) return key;
  } catch (error) {
    throw new EnrolError(
      'ENROL_KEY',
      'the key to certify cannot be read; expected the DER of an Ed25519 or P-256 key',
      error,
    );
  }
  throw new EnrolError('ENROL_KEY', 'the key to certify is of another type; expected Ed25519 or P-256');
}

function readState(text: string, file: string): State {
  try {
    const { revoked, issued } = JSON.parse(text) as State;
    const isRight =
      Object.values(Object(revoked)).every((reason) => typeof reason === 'string') &&
      issued.every(
        ({ device, number, untilMs }) => typeof device === 'string' && /^[0-9a-f]+$/.test(number) && untilMs > 0,
      );
    if (isRight && typeof revoked === 'object') return { revoked, issued };
  } catch {
    // Told below.
  }
  throw new EnrolError(
    'ENROL_STATE',
    `${file} is not what this authority wrote; restore it from a copy: who was revoked is in it`,
  );
}
