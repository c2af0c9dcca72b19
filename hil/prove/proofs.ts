// All proofs, by name. Each is loaded when it is needed, so that `--help` is quick.

import type { Proof } from './proof.ts';

export interface ProofEntry {
  name: string;
  /** One sentence, for help and for the page. */
  about: string;
  /** It runs our firmware, and that of a canary. */
  ofFirmware?: true;
  load(): Promise<Proof>;
}

export const proofs: readonly ProofEntry[] = [
  {
    name: 'power',
    about:
      'power cut before, inside and after every flash and fuse operation, at every bus access, and again in the recovery',
    ofFirmware: true,
    load: async () => (await import('./power/power.ts')).power,
  },
  {
    name: 'explore',
    about: 'every state that commands, resets, power cuts and rot can bring a device into, until none is new',
    load: async () => (await import('./explore/explore.ts')).explore,
  },
  {
    name: 'tamper',
    about: 'bits flipped, ends cut off, TLVs rearranged, strange and old images, in every state of the device',
    load: async () => (await import('./tamper/tamper.ts')).tamper,
  },
  {
    name: 'glitch',
    about: 'one branch inverted, one call skipped, one bus read corrupted while the bootloader decides',
    load: async () => (await import('./glitch/glitch.ts')).glitch,
  },
  {
    name: 'fuzz',
    about: 'SMP messages, CBOR, both lines and images, guided by the blocks they reach',
    load: async () => (await import('./fuzz/fuzz.ts')).fuzz,
  },
  {
    name: 'canaries',
    about: 'bootloaders broken on purpose, each sent through the part of the proof that must catch it',
    load: async () => (await import('./canaries/proof.ts')).canariesProof,
  },
];

export async function loadProof(name: string): Promise<Proof> {
  const found = proofs.find((entry) => entry.name === name);
  if (!found) throw new Error(`no proof is called '${name}'; there are ${proofs.map((each) => each.name).join(', ')}`);
  return found.load();
}
