// The hash tree over the entries of a log, and its proofs: RFC 6962, section 2.1, with SHA-256.
//
//   root of 6 entries          node(2,0)          a node is named by level and index: (level, i) covers the
//   = H(node(2,0), node(1,2))   /      \          entries from i * 2^level to (i + 1) * 2^level, all of them there
//                          (1,0)      (1,1)  (1,2)
//                          0   1      2   3  4   5
//
// What must stay true: a leaf and an inner node are hashed with different first bytes, so that none can stand for the other. Sizes are below 2^53, so
// they are divided, never shifted.

import { createHash } from 'node:crypto';

export const hashBytes = 32;

/** The hash of a whole subtree. */
export type NodeOf = (level: number, index: number) => Promise<Uint8Array>;

const sha256 = (...parts: Uint8Array[]) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return new Uint8Array(hash.digest());
};

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

export const emptyRoot = () => sha256();
export const leafHash = (entry: Uint8Array) => sha256(leafPrefix, entry);
export const nodeHash = (left: Uint8Array, right: Uint8Array) => sha256(nodePrefix, left, right);

/** The largest power of two below a size of two or more: where a tree is split. */
function splitOf(size: number): number {
  let split = 1;
  while (split * 2 < size) split *= 2;
  return split;
}

/** The hash over a range that begins where a tree of its size can begin: a whole subtree, or the right part of a tree. */
export async function rangeHash(nodes: NodeOf, begin: number, end: number): Promise<Uint8Array> {
  const size = end - begin;
  if (size === 0) return emptyRoot();
  const level = Math.log2(size);
  if (Number.isInteger(level)) return nodes(level, begin / size);
  const middle = begin + splitOf(size);
  return nodeHash(await rangeHash(nodes, begin, middle), await rangeHash(nodes, middle, end));
}

/** PATH of RFC 6962: from the sibling of the leaf up to the child of the root. */
export function inclusionProof(nodes: NodeOf, index: number, size: number): Promise<Uint8Array[]> {
  const path = async (begin: number, end: number): Promise<Uint8Array[]> => {
    if (end - begin === 1) return [];
    const middle = begin + splitOf(end - begin);
    return index < middle
      ? [...(await path(begin, middle)), await rangeHash(nodes, middle, end)]
      : [...(await path(middle, end)), await rangeHash(nodes, begin, middle)];
  };
  return path(0, size);
}

/** PROOF of RFC 6962: that the tree of the second size begins with the tree of the first. */
export function consistencyProof(nodes: NodeOf, first: number, second: number): Promise<Uint8Array[]> {
  const subProof = async (begin: number, end: number, isKnown: boolean): Promise<Uint8Array[]> => {
    if (first === end) return isKnown ? [] : [await rangeHash(nodes, begin, end)];
    const middle = begin + splitOf(end - begin);
    return first <= middle
      ? [...(await subProof(begin, middle, isKnown)), await rangeHash(nodes, middle, end)]
      : [...(await subProof(middle, end, false)), await rangeHash(nodes, begin, middle)];
  };
  return first === 0 ? Promise.resolve([]) : subProof(0, second, true);
}

/** The root that a proof leads to; undefined when it is too long or too short for this place. */
export function rootOfInclusion(
  leaf: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  if (!isCount(index) || !isCount(size) || index >= size) return undefined;
  if (size === 1) return proof.length === 0 ? leaf : undefined;
  const split = splitOf(size);
  const [rest, sibling] = [proof.slice(0, -1), proof.at(-1)];
  if (sibling === undefined) return undefined;
  if (index < split) {
    const left = rootOfInclusion(leaf, index, split, rest);
    return left && nodeHash(left, sibling);
  }
  const right = rootOfInclusion(leaf, index - split, size - split, rest);
  return right && nodeHash(sibling, right);
}

export interface TreeHead {
  size: number;
  root: Uint8Array;
}

/** Whether the second tree is the first with more entries behind it. */
export function isConsistent(first: TreeHead, second: TreeHead, proof: readonly Uint8Array[]): boolean {
  if (!isCount(first.size) || !isCount(second.size) || first.size > second.size) return false;
  if (first.size === 0) return proof.length === 0 && same(first.root, emptyRoot());
  const roots = rootsOf(first.root, first.size, second.size, proof, true);
  return roots !== undefined && same(roots[0], first.root) && same(roots[1], second.root);
}

/** The roots of the first and the second tree that a proof leads to. `isKnown`: the first tree fills all of this subtree's left edge. */
function rootsOf(
  known: Uint8Array,
  first: number,
  size: number,
  proof: readonly Uint8Array[],
  isKnown: boolean,
): [Uint8Array, Uint8Array] | undefined {
  if (first === size) {
    if (isKnown) return proof.length === 0 ? [known, known] : undefined;
    return proof.length === 1 ? [proof[0], proof[0]] : undefined;
  }
  const split = splitOf(size);
  const [rest, sibling] = [proof.slice(0, -1), proof.at(-1)];
  if (sibling === undefined) return undefined;
  if (first <= split) {
    const roots = rootsOf(known, first, split, rest, isKnown);
    return roots && [roots[0], nodeHash(roots[1], sibling)];
  }
  const roots = rootsOf(known, first - split, size - split, rest, false);
  return roots && [nodeHash(sibling, roots[0]), nodeHash(sibling, roots[1])];
}

export const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;

export const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
