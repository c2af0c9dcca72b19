// How a tree is cut into files: C2SP tlog-tiles. A tile has up to 256 hashes of one level; each hash of the level above is the root of a full tile.
//
//   tile/0/000       hashes of the entries 0 to 255
//   tile/0/001.p/44  hashes of the entries 256 to 299, in a log of 300
//   tile/1/000.p/1   the root of tile/0/000
//   tile/entries/…   the entries themselves, under the same numbers as the tiles of level 0
//
// What must stay true: a full tile never changes, and a partial one neither: a longer one has another name.

import { AuditError } from './error.ts';
import { hashBytes, leafHash, type NodeOf, nodeHash, rangeHash } from './merkle.ts';
import type { LogSource } from './source.ts';

export const tileWidth = 256;
const tileHeight = 8;

export interface TileName {
  /** `entries`: a bundle of entries. */
  level: number | 'entries';
  index: number;
  /** Hashes or entries in it, 1 to 256. */
  width: number;
}

export interface Tile extends TileName {
  bytes: Uint8Array;
}

/** Path of the full tile; a partial one is in a folder beside it. */
export function fullPath({ level, index }: Pick<TileName, 'level' | 'index'>): string {
  const digits = `${index}`.padStart(Math.ceil(`${index}`.length / 3) * 3, '0');
  const groups = digits.match(/\d{3}/g) as string[];
  return `tile/${level}/${groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/')}`;
}

export const partialFolder = (tile: Pick<TileName, 'level' | 'index'>) => `${fullPath(tile)}.p`;

export const tilePath = (tile: TileName) =>
  tile.width === tileWidth ? fullPath(tile) : `${partialFolder(tile)}/${tile.width}`;

/** The tile on the right edge of a level in a log of this size; width 0: there is none. */
export function edgeTile(level: number, size: number): TileName & { level: number } {
  const hashes = Math.floor(size / tileWidth ** level);
  return { level, index: Math.floor(hashes / tileWidth), width: hashes % tileWidth };
}

/** A tree that grows by entries and gives the tiles that this fills. It holds the right edge alone, which is all that growing needs. */
export class GrowingTree {
  size = 0;
  /** Hashes of the right-edge tile of each level. */
  private readonly edge: Uint8Array[][] = [[]];

  clone(): GrowingTree {
    const tree = new GrowingTree();
    tree.size = this.size;
    tree.edge.splice(0, 1, ...this.edge.map((hashes) => [...hashes]));
    return tree;
  }

  /** Of a log of this size, by the bytes of its right-edge tiles. */
  static ofEdge(size: number, bytesOf: (level: number) => Uint8Array | undefined): GrowingTree {
    const tree = new GrowingTree();
    tree.size = size;
    for (let level = 0; level === 0 || size >= tileWidth ** level; level++) {
      tree.edge[level] = hashesOf(bytesOf(level) ?? new Uint8Array());
    }
    return tree;
  }

  /** Takes an entry; answers the tiles of hashes that are full now. */
  push(entry: Uint8Array): Tile[] {
    this.size++;
    return this.pushHash(0, leafHash(entry));
  }

  /** The partial tiles on the right edge. */
  partials(): Tile[] {
    return this.edge.flatMap((hashes, level) =>
      hashes.length === 0 ? [] : [{ ...edgeTile(level, this.size), bytes: Buffer.concat(hashes) }],
    );
  }

  root(): Promise<Uint8Array> {
    const nodes: NodeOf = async (level, index) => {
      const tileLevel = Math.floor(level / tileHeight);
      return nodeIn(this.edge[tileLevel], level, index);
    };
    return rangeHash(nodes, 0, this.size);
  }

  private pushHash(level: number, hash: Uint8Array): Tile[] {
    this.edge[level] ??= [];
    const hashes = this.edge[level];
    hashes.push(hash);
    if (hashes.length < tileWidth) return [];
    this.edge[level] = [];
    const index = this.size / tileWidth ** (level + 1) - 1;
    const full: Tile = { level, index, width: tileWidth, bytes: Buffer.concat(hashes) };
    return [full, ...this.pushHash(level + 1, joined(hashes))];
  }
}

/** The nodes of a log of this size, by its tiles, each of which is read once. */
export function nodesOf(source: LogSource, size: number): NodeOf {
  const read = new Map<string, Promise<Uint8Array[]>>();
  return (level, index) => {
    const tileLevel = Math.floor(level / tileHeight);
    const first = index * 2 ** (level % tileHeight);
    const at = Math.floor(first / tileWidth);
    const there = Math.floor(size / tileWidth ** tileLevel) - at * tileWidth;
    const tile = { level: tileLevel, index: at, width: Math.min(tileWidth, there) };
    const path = tilePath(tile);
    let hashes = read.get(path);
    if (hashes === undefined) {
      hashes = readTile(source, tile).then(hashesOf);
      read.set(path, hashes);
    }
    return hashes.then((found) => nodeIn(found, level, index));
  };
}

/** The bytes of a tile of hashes. A log may drop a partial tile once it is full: then the beginning of the full one is the same. */
export async function readTile(source: LogSource, tile: TileName & { level: number }): Promise<Uint8Array> {
  const bytes = await readEither(source, tile);
  const wanted = tile.width * hashBytes;
  if (bytes.length === wanted || (bytes.length === tileWidth * hashBytes && bytes.length > wanted))
    return bytes.subarray(0, wanted);
  throw new AuditError(
    'AUDIT_FORM',
    `${source.name}: ${tilePath(tile)} has ${bytes.length} bytes, expected ${wanted}; restore the log from a copy`,
  );
}

/** A partial tile or bundle, or the full one that has taken its place. */
export async function readEither(source: LogSource, tile: TileName): Promise<Uint8Array> {
  const bytes =
    (await source.read(tilePath(tile))) ?? (tile.width < tileWidth ? await source.read(fullPath(tile)) : undefined);
  if (bytes !== undefined) return bytes;
  const what = tile.level === 'entries' ? `entries ${tile.index * tileWidth} and on` : `hashes of level ${tile.level}`;
  throw new AuditError(
    'AUDIT_CUT',
    `${source.name}: ${tilePath(tile)} is missing (${what}), but the checkpoint says that they are there; restore the log from a copy`,
  );
}

function hashesOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.floor(bytes.length / hashBytes) }, (_, at) =>
    bytes.slice(at * hashBytes, (at + 1) * hashBytes),
  );
}

/** A node, of the tile it is in. */
function nodeIn(hashes: readonly Uint8Array[], level: number, index: number): Uint8Array {
  const width = 2 ** (level % tileHeight);
  const first = (index * width) % tileWidth;
  return joined(hashes.slice(first, first + width));
}

/** The root over a power of two of hashes. */
function joined(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, at) => nodeHash(row[2 * at], row[2 * at + 1]));
  }
  return row[0];
}
