// The images of an attack: correct except for the one property under attack, and small, so that a boot is cheap, unless firmware of one's own is in them.
//
// Keys: 0 and 1 are good, 2 is revoked, 3 is not a key of the device.

import { createHash } from 'node:crypto';
import { type SignOptions, signImage } from '../../../host/tools/image/index.ts';
import type { DeviceTrust } from '../../../host/tools/image/trust.ts';
import { keys } from '../../rig/keys.ts';
import { subjectPayload } from './subject.ts';

/** What is in the fuses of the device that is attacked. */
export const device: DeviceTrust = {
  keys: keys.slice(0, 3).map(({ publicKey }) => publicKey),
  revokedKeys: [keys[2].publicKey],
  unfitKeys: [],
  securityCounter: 3,
  boardId: 7,
};

export const payload = subjectPayload();

/** A good image for the device; `options` change single properties. */
export function specimen(version: string, options: Partial<SignOptions> = {}): Uint8Array {
  const { securityCounter, boardId } = device;
  const privateKeyPem = keys[0].privateKeyPem;
  return signImage({ payload, privateKeyPem, version, securityCounter, boardId, ...options });
}

/** The same image with other bytes from `offset` on. */
export function patched(image: Uint8Array, offset: number, bytes: Uint8Array): Uint8Array {
  const result = image.slice();
  result.set(bytes, offset);
  return result;
}

/** Where the value of a TLV of 32 bytes or more begins. It is found by its type, its length and its first bytes. */
export function placeOf(image: Uint8Array, value: Uint8Array): number {
  const at = Buffer.from(image).indexOf(value);
  if (at < 0) throw new Error('the image does not hold these bytes');
  return at;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
