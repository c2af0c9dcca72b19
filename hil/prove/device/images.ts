// The images stories are about, signed, by names that say what each is in the story.
//
// Two fleets: `agent` is a firmware that takes part in an update and does nothing else (bootloader/testing/agent.entry.ts), small enough to
// cut power everywhere in its upload; `firmware` is what the product runs. No two images of a fleet have the same payload, so that a mixture
// of two is neither.

import { createHash } from 'node:crypto';
import { compileGuest } from '../../../host/tools/guest.ts';
import { generateKey, parseImage, signImage } from '../../../host/tools/image/index.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';

const key = generateKey(new Uint8Array(32).fill(9));
export const publicKeys: Uint8Array[] = [key.publicKey];

export type Fleet = 'agent' | 'firmware';

const entries: Record<Fleet, string> = { agent: 'bootloader/testing/agent.entry.ts', firmware: 'firmware/main.ts' };

/** `hangs` is version 2.0.0 too; of the firmware it hangs two seconds after its start, of the agent when it is told to. */
const versions = { v1: '1.0.0', v2: '2.0.0', v3: '3.0.0', hangs: '2.0.0' };
export type ImageName = keyof typeof versions;
export type Images = Record<ImageName, Uint8Array>;

export async function makeImages(fleet: Fleet): Promise<Images> {
  const made = await Promise.all(
    Object.entries(versions).map(async ([name, version]) => {
      const hanging = fleet === 'firmware' && name === 'hangs';
      const entry = hanging ? 'firmware/defects/hangs.ts' : entries[fleet];
      const module = await (fleet === 'firmware' ? compileFirmware(entry) : compileGuest(entry));
      const payload = branded(module, name);
      return [name, signImage({ payload, privateKeyPem: key.privateKeyPem, version, securityCounter: 1 })] as const;
    }),
  );
  return Object.fromEntries(made) as Images;
}

/** The module with a custom section behind it, which an engine skips. */
function branded(module: Uint8Array, brand: string): Uint8Array {
  const name = Buffer.from(`brand ${brand}`);
  // Section 0, its length, the length of its name; each below 128, so one byte.
  return Buffer.concat([module, Uint8Array.of(0, name.length + 1, name.length), name]);
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
