import { describe, expect, test } from 'vitest';
import {
  consistencyProof,
  emptyRoot,
  inclusionProof,
  isConsistent,
  leafHash,
  type NodeOf,
  nodeHash,
  rangeHash,
  rootOfInclusion,
  same,
} from './merkle.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const leaves = Array.from({ length: 40 }, (_, at) => leafHash(Buffer.from(`entry ${at}`)));
/** MTH as RFC 6962 defines it: by recursion over the list of leaves. */
function rootOf(list: readonly Uint8Array[]): Uint8Array {
  if (list.length < 2) return list[0] ?? emptyRoot();
  let split = 1;
  while (split * 2 < list.length) split *= 2;
  return nodeHash(rootOf(list.slice(0, split)), rootOf(list.slice(split)));
}
const nodes: NodeOf = async (level, index) => rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level));
const flipped = (hash: Uint8Array) => hash.map((byte, at) => (at === 31 ? byte ^ 1 : byte));

describe('the tree of RFC 6962', () => {
  test('has the roots that the reference implementation of Certificate Transparency publishes', () => {
    const entries = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ];
    const list = entries.map((entry) => leafHash(Buffer.from(entry, 'hex')));
    expect(hex(emptyRoot())).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(hex(rootOf(list.slice(0, 1)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    expect(hex(rootOf(list))).toBe('5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328');
  });

  test('an entry of a tree of any size is proven, and nothing else is', async () => {
    for (const size of [1, 2, 3, 5, 8, 13, 32, 40]) {
      const root = await rangeHash(nodes, 0, size);
      expect(hex(root)).toBe(hex(rootOf(leaves.slice(0, size))));
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(nodes, index, size);
        const isProof = (leaf: Uint8Array, at: number, of: number, hashes: Uint8Array[]) => {
          const found = rootOfInclusion(leaf, at, of, hashes);
          return found !== undefined && same(found, root);
        };
        expect(isProof(leaves[index], index, size, proof)).toBe(true);
        expect(isProof(flipped(leaves[index]), index, size, proof)).toBe(false);
        expect(isProof(leaves[index], (index + 1) % size, size, proof)).toBe(size === 1);
        expect(isProof(leaves[index], index, size, [...proof, root])).toBe(false);
        expect(isProof(leaves[index], index, size, proof.slice(1))).toBe(size === 1);
        for (let at = 0; at < proof.length; at++)
          expect(isProof(leaves[index], index, size, proof.with(at, flipped(proof[at])))).toBe(false);
      }
    }
  });

  test('a tree that grew is proven, and one that was changed is not', async () => {
    for (const second of [1, 2, 3, 6, 8, 21, 40]) {
      for (let first = 0; first <= second; first++) {
        const [older, newer] = [
          { size: first, root: await rangeHash(nodes, 0, first) },
          { size: second, root: await rangeHash(nodes, 0, second) },
        ];
        const proof = await consistencyProof(nodes, first, second);
        expect(isConsistent(older, newer, proof)).toBe(true);
        expect(isConsistent({ ...older, root: flipped(older.root) }, newer, proof)).toBe(false);
        if (first > 0) expect(isConsistent(older, { ...newer, root: flipped(newer.root) }, proof)).toBe(false);
        expect(isConsistent(older, newer, [...proof, newer.root])).toBe(false);
        for (let at = 0; at < proof.length; at++)
          expect(isConsistent(older, newer, proof.with(at, flipped(proof[at])))).toBe(false);
      }
      expect(isConsistent({ size: second + 1, root: emptyRoot() }, { size: second, root: emptyRoot() }, [])).toBe(
        false,
      );
    }
  });
});
