// Proofs that need no log: that an entry is in it (C2SP tlog-proof), and that it only grew since an earlier checkpoint (the request to a witness of C2SP
// tlog-witness). Each is a text with the checkpoint at its end.

import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { AuditError } from './error.ts';
import {
  consistencyProof,
  hashBytes,
  inclusionProof,
  isConsistent,
  leafHash,
  rootOfInclusion,
  same,
} from './merkle.ts';
import { fromBase64, type VerifierKey } from './note.ts';
import type { LogSource } from './source.ts';
import { nodesOf, tileWidth } from './tiles.ts';
import { readBundle, readCheckpoint } from './verify.ts';

const inclusionLine = 'c2sp.org/tlog-proof@v1';
/** A tree of 2^53 entries needs 53 hashes for an entry, and 54 for its growth. */
const hashesMost = 63;

/** The entry and its proof, which is checked before it is given out. */
export async function proveEntry(
  source: LogSource,
  key: VerifierKey,
  index: number,
): Promise<{ entry: Uint8Array; proof: string; checkpoint: Checkpoint }> {
  const checkpoint = await readCheckpoint(source, key);
  const { size } = checkpoint;
  if (!(index >= 0 && index < size))
    throw new AuditError('AUDIT_ENTRY', `${source.name} has no entry ${index}; it has ${size}, numbered from 0`);
  const hashes = await inclusionProof(nodesOf(source, size), index, size);
  const entry = (await readBundle(source, Math.floor(index / tileWidth), size))[index % tileWidth];
  const proof = `${inclusionLine}\nindex ${index}\n${linesOf(hashes)}\n${checkpoint.note}`;
  checkEntryProof(Buffer.from(proof), key, entry, `the proof of entry ${index} in ${source.name}`);
  return { entry, proof, checkpoint };
}

/** Place of the entry in the log. Throws an AuditError where the proof is not of this entry, this log and this key. */
export function checkEntryProof(
  proof: Uint8Array,
  key: VerifierKey,
  entry: Uint8Array,
  what: string,
): { index: number; checkpoint: Checkpoint } {
  const { head, hashes, checkpoint } = readProof(proof, key, what);
  const [first, ...more] = head;
  // Extra data is allowed and says nothing that is signed.
  const indexLine = more.length === 2 && more[0].startsWith('extra ') ? more[1] : more.length === 1 ? more[0] : '';
  const index = numberIn(/^index (0|[1-9]\d{0,15})$/, indexLine);
  if (first !== inclusionLine || index === undefined)
    throw new AuditError(
      'AUDIT_FORM',
      `${what} cannot be read: expected a text that begins with ${inclusionLine} and 'index N'`,
    );
  const root = rootOfInclusion(leafHash(entry), index, checkpoint.size, hashes);
  if (root !== undefined && same(root, checkpoint.root)) return { index, checkpoint };
  throw new AuditError(
    'AUDIT_REWRITTEN',
    `${what} does not show that this entry is entry ${index} of ${checkpoint.origin}`,
  );
}

/** That the log is what it was at an earlier checkpoint, with more behind it. */
export async function proveGrowth(source: LogSource, key: VerifierKey, since: Checkpoint): Promise<string> {
  const checkpoint = await readCheckpoint(source, key);
  if (since.size > checkpoint.size)
    throw new AuditError(
      'AUDIT_CUT',
      `${source.name} has ${checkpoint.size} entries, at the earlier checkpoint it had ${since.size}: its end was cut off`,
    );
  const hashes = await consistencyProof(nodesOf(source, checkpoint.size), since.size, checkpoint.size);
  const proof = `old ${since.size}\n${linesOf(hashes)}\n${checkpoint.note}`;
  checkGrowth(Buffer.from(proof), key, since, `the proof of growth of ${source.name}`);
  return proof;
}

/** The later checkpoint. Throws an AuditError where it is not an extension of the earlier one. */
export function checkGrowth(proof: Uint8Array, key: VerifierKey, since: Checkpoint, what: string): Checkpoint {
  const { head, hashes, checkpoint } = readProof(proof, key, what);
  const old = head.length === 1 ? numberIn(/^old (0|[1-9]\d{0,15})$/, head[0]) : undefined;
  if (old === undefined)
    throw new AuditError('AUDIT_FORM', `${what} cannot be read: expected a text that begins with 'old N'`);
  if (old === since.size && isConsistent(since, checkpoint, hashes)) return checkpoint;
  throw new AuditError(
    'AUDIT_REWRITTEN',
    `${what} does not show that the ${since.size} entries of the earlier checkpoint are in the later one, unchanged`,
  );
}

/** Lines that are no hash, then hashes, an empty line, and the checkpoint. */
function readProof(bytes: Uint8Array, key: VerifierKey, what: string) {
  const text = Buffer.from(bytes).toString();
  const split = text.indexOf('\n\n');
  if (split < 0)
    throw new AuditError('AUDIT_FORM', `${what} cannot be read: it has no empty line in front of a checkpoint`);
  const lines = text.slice(0, split).split('\n');
  const begin = lines.findLastIndex((line) => hashIn(line) === undefined) + 1;
  const hashes = lines.slice(begin).map((line) => hashIn(line) as Uint8Array);
  if (hashes.length > hashesMost)
    throw new AuditError('AUDIT_FORM', `${what} has ${hashes.length} hashes, at most ${hashesMost} make sense`);
  const checkpoint = openCheckpoint(Buffer.from(text.slice(split + 2)), key, `the checkpoint of ${what}`);
  return { head: lines.slice(0, begin), hashes, checkpoint };
}

const linesOf = (hashes: readonly Uint8Array[]) =>
  hashes.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('');

function hashIn(line: string): Uint8Array | undefined {
  const bytes = fromBase64(line);
  return bytes?.length === hashBytes ? bytes : undefined;
}

function numberIn(pattern: RegExp, line: string): number | undefined {
  const value = Number(pattern.exec(line)?.[1] ?? Number.NaN);
  return Number.isSafeInteger(value) ? value : undefined;
}
