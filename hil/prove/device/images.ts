// The signed images of the stories. The name of each says its role in the story.
//
// Two fleets: `agent` is a small firmware that can only take part in an update (bootloader/testing/agent.entry.ts), so that power can be cut
// everywhere in its upload; `firmware` is what the product runs. No two images of a fleet have the same payload, so a mixture of two images equals
// neither of them.

import { createHash, createPrivateKey } from 'node:crypto';
import { compileGuest, type SourceChange } from '../../../host/tools/guest.ts';
import { generateKey, parseImage, signImage } from '../../../host/tools/image/index.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';

/** The second is for a release that revokes the first. */
const keys = [9, 10].map((byte) => generateKey(new Uint8Array(32).fill(byte)));
const privateKeys = keys.map(({ privateKeyPem }) => createPrivateKey(privateKeyPem));
export const publicKeys: Uint8Array[] = keys.map(({ publicKey }) => publicKey);

export type Fleet = 'agent' | 'firmware';

const entries: Record<Fleet, string> = { agent: 'bootloader/testing/agent.entry.ts', firmware: 'firmware/main.ts' };

interface Recipe {
  version: string;
  securityCounter: number;
  /** Index of the key it is signed with; it revokes those before. */
  key: number;
}

/**
 * `hangs` hangs: the firmware's two seconds after its start, the agent's when it is told to. `counted` takes the security counter three
 * ticks on, `rotated` is signed with the next key and revokes the one before. Beside v1, `older` is older, `rebuild` has the same version, and
 * `build` another build number.
 */
export const recipes = {
  v1: { version: '1.0.0', securityCounter: 1, key: 0 },
  v2: { version: '2.0.0', securityCounter: 1, key: 0 },
  v3: { version: '3.0.0', securityCounter: 1, key: 0 },
  hangs: { version: '2.0.0', securityCounter: 1, key: 0 },
  counted: { version: '2.1.1', securityCounter: 0x0201_0001, key: 0 },
  rotated: { version: '2.0.0', securityCounter: 1, key: 1 },
  older: { version: '0.9.0', securityCounter: 1, key: 0 },
  rebuild: { version: '1.0.0', securityCounter: 1, key: 0 },
  build: { version: '1.0.0+7', securityCounter: 1, key: 0 },
} satisfies Record<string, Recipe>;
export type ImageName = keyof typeof recipes;
export type Images = Record<ImageName, Uint8Array>;

export interface FleetOptions {
  /** Of the firmware's sources, for a canary; the agent has none. */
  changes?: SourceChange[];
  /** The module of one's own firmware in the place of ours. It hangs in none of the images. */
  firmware?: Uint8Array;
}

export async function makeImages(fleet: Fleet, options: FleetOptions = {}): Promise<Images> {
  const own = await moduleOf(fleet, options);
  const hanging = fleet === 'firmware' ? await moduleOf(fleet, options, 'firmware/defects/hangs.ts') : own;
  const names = Object.keys(recipes) as ImageName[];
  const made = names.map((name) => {
    const { version, securityCounter, key } = recipes[name];
    const payload = branded(name === 'hangs' ? hanging : own, name);
    const revokes = publicKeys.slice(0, key);
    return [name, signImage({ payload, privateKeyPem: privateKeys[key], version, securityCounter, revokes })];
  });
  return Object.fromEntries(made);
}

/** The module of a fleet, before it is signed. */
export async function moduleOf(
  fleet: Fleet,
  { changes = [], firmware }: FleetOptions = {},
  entry = entries[fleet],
): Promise<Uint8Array> {
  if (fleet === 'agent') return compileGuest(entry);
  return firmware ?? compileFirmware(entry, { changes });
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
