// The images power stories are about: the real firmware, signed, by names that say what it is in the story.

import { createHash } from 'node:crypto';
import { compileGuest } from '../../../host/tools/guest.ts';
import { generateKey, parseImage, signImage } from '../../../host/tools/image/index.ts';

const key = generateKey(new Uint8Array(32).fill(9));
export const publicKeys: Uint8Array[] = [key.publicKey];

/** `hangs` is version 2.0.0 too, and hangs two seconds after its start. */
const recipes = {
  v1: { version: '1.0.0', entry: 'firmware/main.ts' },
  v2: { version: '2.0.0', entry: 'firmware/main.ts' },
  v3: { version: '3.0.0', entry: 'firmware/main.ts' },
  hangs: { version: '2.0.0', entry: 'firmware/defects/hangs.ts' },
};
export type ImageName = keyof typeof recipes;
export type Images = Record<ImageName, Uint8Array>;

export async function makeImages(): Promise<Images> {
  const made = await Promise.all(
    Object.entries(recipes).map(async ([name, { version, entry }]) => {
      const payload = await compileGuest(entry);
      return [name, signImage({ payload, privateKeyPem: key.privateKeyPem, version, securityCounter: 1 })] as const;
    }),
  );
  return Object.fromEntries(made) as Images;
}

const hashes = new WeakMap<Uint8Array, Uint8Array>();

/** What SMP and the boot state name it by. */
export function hashOfImage(image: Uint8Array): Uint8Array {
  const hash = hashes.get(image) ?? parseImage(image).hash;
  if (!hash) throw new Error('an image of a story has no hash; sign it');
  hashes.set(image, hash);
  return hash;
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
