// Mutations of inputs. An input is a list of pieces (messages, bursts on a line, an image); a piece is bytes.

import type { Random } from '../../../host/board/random.ts';

export type Input = readonly Uint8Array[];

/** Longer pieces only cost time: every buffer of the device is smaller. */
const pieceMax = 2300;
const piecesMax = 6;
const edges = [0, 1, 2, 3, 4, 7, 8, 23, 24, 25, 31, 32, 0x7f, 0x80, 0xfe, 0xff];
const wideEdges = [
  0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7ff, 0x800, 0x801, 0xfff8, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
];

/** Makes one to four changes; `tokens` are byte sequences that have a meaning for the target. */
export function mutate(input: Input, other: Input, tokens: readonly Uint8Array[], random: Random): Input {
  let pieces = [...input];
  for (let turn = 1 + random.below(4); turn > 0; turn--) {
    if (random.below(8) === 0) pieces = mutateList(pieces, other, random);
    else {
      const at = random.below(pieces.length);
      pieces[at] = mutateBytes(pieces[at], random.of(other), tokens, random).subarray(0, pieceMax);
    }
  }
  return pieces;
}

function mutateList(pieces: Uint8Array[], other: Input, random: Random): Uint8Array[] {
  const at = random.below(pieces.length);
  switch (random.below(4)) {
    case 0:
      return pieces.length > 1 ? pieces.toSpliced(at, 1) : pieces;
    case 1:
      return pieces.toSpliced(at, 0, pieces[at]).slice(0, piecesMax);
    case 2:
      return pieces.toSpliced(at, 0, random.of(other)).slice(0, piecesMax);
    default:
      return [...pieces.slice(at), ...pieces.slice(0, at)];
  }
}

function mutateBytes(bytes: Uint8Array, other: Uint8Array, tokens: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const some = 1 + random.below(8);
  switch (random.below(12)) {
    case 0:
      return overwritten(bytes, at, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))));
    case 1:
      return overwritten(bytes, at, Uint8Array.of(random.of(edges)));
    case 2:
      return overwritten(bytes, at, number(random.of(wideEdges), random));
    case 3:
      return overwritten(bytes, at, Uint8Array.of((bytes[at] ?? 0) + random.below(5) - 2));
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at + some));
    case 5:
      return joined(bytes.subarray(0, at), new Uint8Array(some).fill(random.of(edges)), bytes.subarray(at));
    case 6:
      return joined(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - some * some)));
    case 7:
      return bytes.slice(0, at);
    case 8:
      return joined(bytes.subarray(0, at), other.subarray(random.below(other.length + 1)));
    case 9:
      return joined(bytes.subarray(0, bytes.length - Math.min(some, bytes.length)));
    case 10:
      return overwritten(bytes, at, tokens.length > 0 ? random.of(tokens) : Uint8Array.of(random.below(256)));
    default: {
      const token = tokens.length > 0 ? random.of(tokens) : Uint8Array.of(random.below(256));
      return joined(bytes.subarray(0, at), token, bytes.subarray(at));
    }
  }
}

function number(value: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(random.of([2, 2, 4, 8]));
  const view = Buffer.from(bytes.buffer);
  const width = Math.min(bytes.length, 4);
  const narrow = value % 2 ** (8 * width);
  if (random.below(2) === 0) view.writeUIntLE(narrow, 0, width);
  else view.writeUIntBE(narrow, bytes.length - width, width);
  return bytes;
}

function overwritten(bytes: Uint8Array, at: number, by: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.max(bytes.length, at + by.length));
  result.set(bytes);
  result.set(by, at);
  return result;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
