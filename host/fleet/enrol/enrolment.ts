// Enrolment: a device that attests gets a certificate for an hour, renews it while it lasts, and gets no other once it is revoked.
//
//   ask(serial) ──question──> device: token about SHA-256(question ‖ key) ──> enrol ──> certificate for this key
//                             device, by its certificate that has not ended ──> renew ──> certificate for a new key
//   revoke ──> its certificates are good no longer, and it gets none ──> admit ──> it may attest again
//
// What must stay true: a token is about one key, so a token that somebody else caught is of no use with his; what is given or revoked is in the file of
// the authority before anybody is told; every decision is on record.

import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeDurably } from '../../links/whole-file.ts';
import { AttestationError } from '../attestation/error.ts';
import type { Verifier } from '../attestation/verifier.ts';
import type { Audit } from '../audit/audit-log.ts';
import type { CountedRecord } from '../audit/counted.ts';
import type { AuditEvent, Decision } from '../audit/event.ts';
import { makeCertificate, makeRevocationList, publicDer } from './certificates.ts';
import { EnrolError } from './error.ts';

export const certificateMs = 3_600_000;
/** A certificate is good from a little before it was made, because clocks differ. */
const earlierMs = 60_000;
const keyBytesMost = 1_000;

interface State {
  /** Devices that get no certificate, by serial number, and why. */
  revoked: Record<string, string>;
  /** Certificates that have not ended; those that are good no longer say so. */
  issued: { device: string; number: string; untilMs: number; isRevoked?: boolean }[];
}

export interface EnrolmentOptions {
  verifier: Verifier;
  audit: Audit;
  /** Refusals, of which anybody may cause as many as they like. */
  refusals: Pick<CountedRecord, 'note'>;
  /** Private key of the authority, Ed25519. */
  key: KeyObject;
  certificate: X509Certificate;
  /** File of what was given and revoked; it is made when it is not there. */
  file: string;
  /** Since 1970, by the clock of this machine. */
  nowMs: () => number;
}

export interface EnrolRequest {
  /** In hexadecimal. */
  serial: string;
  question: Uint8Array;
  /** DER. */
  publicKey: Uint8Array;
  token: Uint8Array;
  /** Where it comes from. */
  source: string;
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

  /** Rejects with an EnrolError or an AttestationError, which are on record. */
  enrol({ serial, question, publicKey, token, source }: EnrolRequest): Promise<Given> {
    return this.decided('enrol', serial, source, () => {
      const key = keyIn(publicKey);
      const { reference } = this.options.verifier.check(token, {
        question,
        nonce: nonceFor(question, publicKey),
        serial,
      });
      return { ...this.give(serial, key), reason: `runs release ${reference.release}` };
    });
  }

  /** `held`: the certificate that the device shows, whose key the line has checked. `source`: where it asks from. */
  renew(held: X509Certificate, publicKey: Uint8Array, source: string): Promise<Given> {
    const serial = serialOf(held);
    return this.decided('renew', serial, source, () => {
      if (!this.isOurs(held) || serial === unknown)
        throw new EnrolError('ENROL_CERTIFICATE', `the certificate of ${serial} is not of this authority`);
      const trouble = this.troubleWithOurs(held, serial);
      if (trouble !== undefined) throw new EnrolError('ENROL_CERTIFICATE', trouble);
      return { ...this.give(serial, keyIn(publicKey)), reason: 'by its certificate' };
    });
  }

  /** Why a certificate of this authority (DER) does not count now; undefined: nothing speaks against it, or it is of another authority. */
  troubleWith(certificate: Uint8Array): string | undefined {
    const held = new X509Certificate(certificate);
    return this.isOurs(held) ? this.troubleWithOurs(held, serialOf(held)) : undefined;
  }

  /** No certificate for this device any more, and those that it has are good no longer. `by`: who asks. */
  async revoke(serial: string, by: string, reason: string): Promise<void> {
    const issued = this.state.issued.map((one) => (one.device === serial ? { ...one, isRevoked: true } : one));
    this.keep({ revoked: { ...this.state.revoked, [serial]: reason }, issued });
    await this.options.audit.record(this.entry('revoke', serial, 'done', reason, by));
  }

  /** The device may attest again; certificates from before stay revoked. False: it was not revoked. */
  async admit(serial: string, by: string, reason: string): Promise<boolean> {
    if (!Object.hasOwn(this.state.revoked, serial)) return false;
    const { [serial]: _, ...revoked } = this.state.revoked;
    this.keep({ ...this.state, revoked });
    await this.options.audit.record(this.entry('admit', serial, 'done', reason, by));
    return true;
  }

  /** PEM, good for an hour. */
  revocationList(): string {
    const fromMs = this.options.nowMs();
    const numbers = this.state.issued
      .filter(({ untilMs, isRevoked }) => untilMs > fromMs && isRevoked)
      .map(({ number }) => number);
    return makeRevocationList(
      this.name,
      numbers,
      { fromMs: fromMs - earlierMs, untilMs: fromMs + certificateMs },
      this.options.key,
    );
  }

  private isOurs(held: X509Certificate): boolean {
    const { certificate } = this.options;
    return held.checkIssued(certificate) && held.verify(certificate.publicKey);
  }

  private troubleWithOurs(held: X509Certificate, serial: string): string | undefined {
    const now = this.options.nowMs();
    if (Date.parse(held.validTo) <= now || Date.parse(held.validFrom) > now)
      return `the certificate of ${serial} has ended; attest again`;
    const number = held.serialNumber.toLowerCase();
    const isRevoked = this.state.issued.some((one) => one.number === number && one.isRevoked);
    if (!isRevoked) return undefined;
    const reason = this.state.revoked[serial];
    return `the certificate of ${serial} was revoked${reason === undefined ? '' : `: ${reason}`}`;
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

  private async decided(
    verb: string,
    serial: string,
    source: string,
    work: () => Given & { reason: string },
  ): Promise<Given> {
    let given: Given & { reason: string };
    try {
      given = work();
    } catch (error) {
      if (error instanceof EnrolError || error instanceof AttestationError)
        await this.options.refusals.note(`${source} ${verb}`, this.entry(verb, serial, 'refused', error.message));
      throw error;
    }
    await this.options.audit.record(this.entry(verb, serial, 'allowed', given.reason));
    return { certificate: given.certificate, untilMs: given.untilMs };
  }

  private entry(verb: string, serial: string, decision: Decision, reason: string, person?: string): AuditEvent {
    const device = { kind: 'device', name: serial };
    const who = person === undefined ? device : { kind: 'person', name: person };
    return { time: new Date(this.options.nowMs()).toISOString(), who, verb, what: device, decision, reason };
  }
}

const unknown = 'unknown';
const serialOf = (held: X509Certificate) => /^CN=([0-9a-f]{32})$/m.exec(held.subject)?.[1] ?? unknown;

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
        ({ device, number, untilMs, isRevoked = false }) =>
          typeof device === 'string' && /^[0-9a-f]+$/.test(number) && untilMs > 0 && typeof isRevoked === 'boolean',
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
