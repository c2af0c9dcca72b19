// Whole images that are wrong in one way, or unusual but good; images for other boards; and older ones, in every state of the device.

import { hostileImages, oddButGood, trialDevice } from '../../../host/tools/image/hostile-images.ts';
import type { DeviceTrust } from '../../../host/tools/image/trust.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { keys } from '../../rig/keys.ts';
import type { AttackBench } from '../attack/attack-bench.ts';
import { device, specimen } from '../attack/specimens.ts';
import type { TamperCase, TamperScenario } from './cases.ts';
import { newer, states } from './states.ts';
import { tlvMutations } from './tlv-mutations.ts';

/** Images that no signing tool makes, each with the device that it is for. */
export function hostileCases(): TamperCase[] {
  const hostile = hostileImages.map(({ name, bytes, device: own }) => ({
    name,
    change: (bench: AttackBench) => offer(bench, bytes, { ...trialDevice, ...own }),
  }));
  const odd = oddButGood.map(([name, bytes]) => ({
    name: `${name}, which is odd and good`,
    change: (bench: AttackBench) => offer(bench, bytes, trialDevice),
    mustRun: 1 as const,
  }));
  return [...hostile, ...odd, ...atTheEnd(), unprotectedCounter()];
}

/** An image that MCUboot accepts when its TLV allow-list is off: its only security counter is not signed. */
function unprotectedCounter(): TamperCase {
  const name = 'protected TLV 0x50 moved to the other area, signed again';
  const found = tlvMutations(newer).find(([called]) => called === name);
  if (!found) throw new Error(`no mutation is called '${name}'`);
  return { name: 'the only security counter is unprotected', change: (bench) => bench.place(1, found[1], 'test') };
}

/** Images that reach to the last byte that an image may have, and a little further. */
function atTheEnd(): TamperCase[] {
  const room = MemoryMap.IMAGE_SIZE_MAX - specimen('3.0.0', { payload: Uint8Array.of(1) }).length + 1;
  return [-1, 0, 1, 2, 8].map((excess) => ({
    name: `an image that ends ${excess} bytes behind the end of its room`,
    change: (bench) => {
      const image = specimen('3.0.0', { payload: new Uint8Array(room).fill(1), slotSize: 2 * MemoryMap.SLOT_SIZE });
      bench.place(1, image, 'test');
    },
    ...(excess <= 0 && { mustRun: 1 as const }),
  }));
}

function offer(bench: AttackBench, bytes: Uint8Array, fuses: DeviceTrust): void {
  bench.burn(fuses);
  bench.place(1, bytes);
  bench.mark(1, 'test');
}

/** Signed by the right key, for boards that are not this one. */
export function otherBoards(): TamperCase[] {
  const { boardId } = device;
  const others = [...Array.from({ length: 32 }, (_, bit) => (boardId ^ (1 << bit)) >>> 0), 0, 0xffff_ffff];
  return others.map((other) => ({
    name: `board 0x${other.toString(16)}`,
    change: (bench) => {
      bench.place(1, specimen('3.0.0', { boardId: other }));
      bench.mark(1, 'test');
    },
  }));
}

/** Correctly signed but outdated: by counter, by version, or by a key that has been revoked since. */
const old: Record<string, Uint8Array> = {
  'version 1.9.0': specimen('1.9.0'),
  'version 2.0.0+9, the same but for its build': specimen('2.0.0+9'),
  'counter one too low': specimen('9.0.0', { securityCounter: device.securityCounter - 1 }),
  'counter 0': specimen('9.0.0', { securityCounter: 0 }),
  'no counter': specimen('9.0.0', { securityCounter: undefined }),
  'a counter no fuses reach': specimen('9.0.0', { securityCounter: 0x7fff_ffff }),
  'a revoked key': specimen('9.0.0', { privateKeyPem: keys[2].privateKeyPem }),
};
const marks = ['nothing', 'test', 'permanent'] as const;

/** One scenario for each state: every old image, in either slot, with every trailer. */
export const downgrades: readonly TamperScenario[] = states.map((state) => ({
  name: `downgrade of a device, ${state.name}`,
  about: `old images that were good once, put into either slot; slot B was ${state.name}`,
  state,
  cases: () =>
    Object.entries(old).flatMap(([what, image]) =>
      ([0, 1] as const).flatMap((slot) =>
        marks.map((mark) => ({
          name: `${what} in slot ${'AB'[slot]}, trailer asks for ${mark}`,
          change: (bench) => {
            bench.place(slot, image);
            if (mark !== 'nothing') bench.mark(slot, mark);
          },
        })),
      ),
    ),
  sliceOf: 1,
}));
