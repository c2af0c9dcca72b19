// The image parser: any bytes in a slot whose trial is requested. The laws are those of the tamper proof, among them the host's own verification.

import { sign } from 'node:crypto';
import { hostileImages, oddButGood } from '../../../host/tools/image/hostile-images.ts';
import { parseImage } from '../../../host/tools/image/index.ts';
import { Tlv } from '../../../protocol/image/format.ts';
import { privateKeys } from '../../rig/keys.ts';
import { AttackBench } from '../attack/attack-bench.ts';
import { blockCounts } from '../attack/block-counts.ts';
import { sha256, specimen } from '../attack/specimens.ts';
import { beforeOf, findingsOf } from '../tamper/findings.ts';
import { newer, stateByName } from '../tamper/states.ts';
import type { Input } from './mutate.ts';
import type { FuzzTarget, TargetText } from './target.ts';

/** Larger images are tried by the tamper proof: here an input is changed thousands of times. */
const seedBytesMax = 1200;

/** Computes hash and signature again over the changed bytes, when the structure is still valid. */
function refitted(image: Uint8Array): Uint8Array {
  try {
    const { hashedSize, tlvs } = parseImage(image);
    const result = image.slice();
    const digest = sha256(result.subarray(0, hashedSize));
    for (const { type, offset, value } of tlvs) {
      if (type === Tlv.SHA256 && value.length === 32) result.set(digest, offset + 4);
      if (type === Tlv.ED25519 && value.length === 64) result.set(sign(null, digest, privateKeys[0]), offset + 4);
    }
    return result;
  } catch {
    return image;
  }
}

export const imageTarget: TargetText = {
  name: 'images',
  about: 'any bytes in a slot whose trial is requested, half of them hashed and signed again',
  ...{ slice: 800, full: 20_000 },
  open: async (bootloader, seed): Promise<FuzzTarget> => {
    const bench = new AttackBench(bootloader, seed, { countBlocks: true });
    const state = stateByName('pending');
    state.prepare(bench);
    bench.place(1, new Uint8Array(0), 'test');
    const before = beforeOf(bench);
    const loaded = bench.loaded();
    const seeds = [
      ...hostileImages.map(({ bytes }) => bytes),
      ...oddButGood.map(([, bytes]) => bytes),
      newer,
      specimen('2.0.0'),
    ];
    return {
      seeds: seeds.filter(({ length }) => length > 0 && length < seedBytesMax).map((bytes): Input => [bytes]),
      tokens: Object.values(Tlv).map((type) => Uint8Array.of(type & 0xff, type >> 8)),
      dress: ([image, ...rest], random) => (random.below(2) === 0 ? [image, ...rest] : [refitted(image), ...rest]),
      run(input) {
        bench.attack(loaded, () => bench.write(bench.addressOf(1), input[0]));
        const known = bench.known();
        const [finding] = findingsOf(bench, bench.bootAttacked(), { asked: true }, {}, before, known);
        return finding && `${finding.invariant}: ${finding.text}`;
      },
      counts: () => blockCounts(bench.board, bootloader).counts,
      log: () => bench.log(),
    };
  },
};
