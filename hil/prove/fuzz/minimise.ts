// Finds a small input that still breaks the same law: leaves out pieces, then shorter and shorter runs of bytes, then sets bytes to zero.

import type { Input } from './mutate.ts';

/** `breaks` runs an input; it is called at most `triesMax` times. */
export function minimise(input: Input, breaks: (input: Input) => boolean, triesMax = 400): Input {
  let best = input;
  let tries = 0;
  const take = (candidate: Input) => {
    if (tries >= triesMax || candidate.length === 0) return false;
    tries++;
    if (!breaks(candidate)) return false;
    best = candidate;
    return true;
  };
  for (let at = 0; at < best.length; ) if (!take(best.toSpliced(at, 1))) at++;
  for (let piece = 0; piece < best.length; piece++) {
    for (let run = best[piece].length >> 1; run > 0; run >>= 1)
      for (let at = 0; at < best[piece].length; )
        if (!take(withPiece(best, piece, without(best[piece], at, run)))) at += run;
    for (let at = 0; at < best[piece].length; at++)
      if (best[piece][at] !== 0) take(withPiece(best, piece, best[piece].with(at, 0)));
  }
  return best;
}

function withPiece(input: Input, at: number, piece: Uint8Array): Input {
  return input.toSpliced(at, 1, piece);
}

function without(bytes: Uint8Array, at: number, count: number): Uint8Array {
  return new Uint8Array(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + count)]));
}
