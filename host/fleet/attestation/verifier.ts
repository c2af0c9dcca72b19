// Verifies devices: asks with a nonce that nobody knew before, and believes one answer to it.
//
//   ask(serial) ──nonce──> device ──token──> check: of this form? asked, in time, once? this device? its key? a release?
//
// What must stay true: a nonce is good for one token of the device it was made for, within a minute; what is believed is a list of this side: keys of
// devices, and what releases measure. What a device says about itself adds nothing to it.

import { randomBytes } from 'node:crypto';
import { AttestationSize } from '../../../protocol/attestation.ts';
import { AttestationError } from './error.ts';
import type { Devices, Reference } from './files.ts';
import { hex, readTokenBytes } from './token.ts';

/** How long an answer may take. */
export const nonceWithinMs = 60_000;
/** Questions that are open at most; the oldest is forgotten for a new one. */
const openMost = 100_000;
const noImage = '0'.repeat(64);

export interface Attested {
  /** In hexadecimal. */
  serial: string;
  /** What it runs. */
  reference: Reference;
}

export interface Bound {
  question: Uint8Array;
  nonce: Uint8Array;
  serial: string;
}

export interface VerifierOptions {
  devices: Devices;
  references: readonly Reference[];
  /** Time that never goes back. */
  nowMs: () => number;
  /** 32 bytes that nobody can guess. */
  nonce?: () => Uint8Array;
}

export class Verifier {
  private readonly options: VerifierOptions;
  /** By nonce, in the order of the questions. */
  private readonly asked = new Map<string, { serial: string; untilMs: number }>();

  constructor(options: VerifierOptions) {
    this.options = options;
  }

  /** A nonce for a device, by its serial number in hexadecimal. */
  ask(serial: string): Uint8Array {
    const { nonce: make = () => randomBytes(AttestationSize.NONCE), nowMs, devices } = this.options;
    if (!devices.has(serial))
      throw new AttestationError(
        'ATTEST_DEVICE',
        `device ${serial} is not known; add its key to the list of devices where nobody else has it`,
      );
    const nonce = make();
    const now = nowMs();
    for (const [key, { untilMs }] of this.asked) {
      if (untilMs >= now && this.asked.size < openMost) break;
      this.asked.delete(key);
    }
    this.asked.set(hex(nonce), { serial, untilMs: now + nonceWithinMs });
    return new Uint8Array(nonce);
  }

  /**
   * Throws an AttestationError with the first thing that is wrong. `bound`: the token is about a nonce that was made of the question and something else,
   * and of this device.
   */
  check(bytes: Uint8Array, bound?: Bound): Attested {
    const token = readTokenBytes(bytes);
    const nonce = hex(bound?.question ?? token.nonce);
    const question = this.asked.get(nonce);
    if (question === undefined || (bound !== undefined && hex(bound.nonce) !== hex(token.nonce)))
      throw new AttestationError(
        'ATTEST_NONCE',
        `the token of device ${token.serial} answers no open question: it was used before, or made up`,
      );
    const publicKey = this.options.devices.get(question.serial);
    const serial = bound?.serial ?? question.serial;
    if (token.serial !== question.serial || serial !== question.serial || publicKey === undefined)
      throw new AttestationError(
        'ATTEST_DEVICE',
        `device ${question.serial} was asked, and a token of ${token.serial} came`,
      );
    if (!token.isSignedBy(Buffer.from(publicKey, 'hex')))
      throw new AttestationError('ATTEST_SIGNATURE', `the token of device ${token.serial} is not signed by its key`);
    // Only its device can have made it, so the question is answered, however this ends.
    this.asked.delete(nonce);
    if (this.options.nowMs() > question.untilMs)
      throw new AttestationError(
        'ATTEST_NONCE',
        `the token of device ${token.serial} came more than ${nonceWithinMs / 1000} s after the question; ask again`,
      );
    return { serial: token.serial, reference: this.referenceFor(token) };
  }

  private referenceFor({
    serial,
    bootloader,
    image,
  }: {
    serial: string;
    bootloader: string;
    image: string;
  }): Reference {
    const { references } = this.options;
    const found = references.find((one) => one.bootloader === bootloader && one.image === image);
    if (found !== undefined) return found;
    const what = references.some((one) => one.bootloader === bootloader)
      ? image === noImage
        ? 'it runs no image'
        : `its image measures ${image}, as no release does`
      : `its bootloader measures ${bootloader}, as that of no release does`;
    throw new AttestationError(
      'ATTEST_MEASUREMENT',
      `device ${serial} runs what is not known: ${what}; add the release to the reference values if it is one`,
    );
  }
}
