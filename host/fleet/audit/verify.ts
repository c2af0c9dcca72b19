// Reads a log whole and checks it: every entry against its hash, every hash against the signed root, and the root against what was seen before.
//
//   entries ──hash──> tree ──tiles──> are they those in the log?
//                       └───root───> is it the signed one? at the size that was seen before, is it the root that was seen?
//
// What must stay true: a caller is given entries only of a log that verifies. Whoever has the log's key can sign another log; only a checkpoint that was
// kept elsewhere shows that.

import { type Checkpoint, openCheckpoint } from './checkpoint.ts';
import { decodeBundle } from './entries.ts';
import { AuditError } from './error.ts';
import { same } from './merkle.ts';
import type { VerifierKey } from './note.ts';
import type { LogSource } from './source.ts';
import { edgeTile, GrowingTree, readEither, readTile, type Tile, tilePath, tileWidth } from './tiles.ts';

export async function readCheckpoint(source: LogSource, key: VerifierKey): Promise<Checkpoint> {
  const bytes = await source.read('checkpoint');
  if (bytes !== undefined) return openCheckpoint(bytes, key, `${source.name}/checkpoint`);
  throw new AuditError('AUDIT_CUT', `${source.name} has no checkpoint; expected the folder or the address of a log`);
}

/** The entries of one bundle of a log of this size. */
export async function readBundle(source: LogSource, index: number, size: number): Promise<Uint8Array[]> {
  const width = Math.min(tileWidth, size - index * tileWidth);
  const name = { level: 'entries', index, width } as const;
  const exact = await source.read(tilePath(name));
  const bytes = exact ?? (await readEither(source, name));
  return decodeBundle(bytes, width, exact !== undefined, `${source.name}: ${tilePath(name)}`);
}

/**
 * Checks the whole log, and gives each entry to `onEntry` on the way: they count only once the answer is there. `seen`: a checkpoint of it that was
 * kept elsewhere.
 */
export async function verifyLog(
  source: LogSource,
  key: VerifierKey,
  options: { seen?: Checkpoint; onEntry?: (index: number, entry: Uint8Array) => void } = {},
): Promise<Checkpoint> {
  const checkpoint = await readCheckpoint(source, key);
  const { seen } = options;
  if (seen !== undefined && seen.size > checkpoint.size)
    throw new AuditError(
      'AUDIT_CUT',
      `${source.name} has ${checkpoint.size} entries, but it had ${seen.size} when it was last seen: its end was cut off, or an old copy was put back`,
    );
  const tree = new GrowingTree();
  let rootThen: Uint8Array | undefined;
  const keepRoot = async () => {
    if (seen?.size === tree.size) rootThen = await tree.root();
  };
  await keepRoot();
  for (let index = 0; index * tileWidth < checkpoint.size; index++) {
    for (const entry of await readBundle(source, index, checkpoint.size)) {
      const full = tree.push(entry);
      options.onEntry?.(tree.size - 1, entry);
      for (const tile of full) await compare(source, tile);
      await keepRoot();
    }
  }
  for (const tile of tree.partials()) await compare(source, tile);
  if (!same(await tree.root(), checkpoint.root))
    throw new AuditError(
      'AUDIT_REWRITTEN',
      `${source.name}: its entries and hashes fit each other, but not the signed root: they were rewritten`,
    );
  if (seen === undefined || (rootThen !== undefined && same(rootThen, seen.root))) return checkpoint;
  throw new AuditError(
    'AUDIT_REWRITTEN',
    `${source.name}: its first ${seen.size} entries are not those that it had when it was last seen: it was rewritten and signed again`,
  );
}

/** A tile that the entries make, against the one in the log. */
async function compare(source: LogSource, made: Tile): Promise<void> {
  const level = made.level as number;
  const found = await readTile(source, { ...made, level });
  if (same(found, made.bytes)) return;
  let at = 0;
  while (same(found.subarray(at * 32, at * 32 + 32), made.bytes.subarray(at * 32, at * 32 + 32))) at++;
  const first = (made.index * tileWidth + at) * tileWidth ** level;
  throw new AuditError(
    'AUDIT_REWRITTEN',
    `${source.name}: entry ${first}${level === 0 ? ' is' : ` to ${first + tileWidth ** level - 1} are`} not what ${tilePath(made)} says: rewritten, taken out, or put in another order`,
  );
}

/** The right edge of a log, checked against its signed root: what is needed to go on with it. */
export async function readEdge(
  source: LogSource,
  { size, root }: Checkpoint,
): Promise<{ tree: GrowingTree; open: Uint8Array[] }> {
  const bytes: Uint8Array[] = [];
  for (let level = 0; size >= tileWidth ** level; level++) {
    const tile = edgeTile(level, size);
    bytes.push(tile.width === 0 ? new Uint8Array() : await readTile(source, tile));
  }
  const tree = GrowingTree.ofEdge(size, (level) => bytes[level]);
  const open = size % tileWidth === 0 ? [] : await readBundle(source, Math.floor(size / tileWidth), size);
  const last = new GrowingTree();
  for (const entry of open) last.push(entry);
  const isWhole =
    same(await tree.root(), root) && same(last.partials()[0]?.bytes ?? new Uint8Array(), bytes[0] ?? new Uint8Array());
  if (isWhole) return { tree, open };
  throw new AuditError(
    'AUDIT_REWRITTEN',
    `${source.name}: its last entries are not those that were signed; 'coldrig audit verify' says more; restore the log from a copy`,
  );
}
