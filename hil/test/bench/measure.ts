// Wall time of whole operations, ours and the peer's in turn, so that a machine which slows down slows both.

import { median } from './row.ts';

/** Milliseconds one call takes. */
export async function millisecondsOf(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}

/** Medians of ours and the peer's milliseconds, measured in turn after one uncounted round of each. */
export async function inTurn(
  rounds: number,
  ours: () => unknown,
  peer: () => unknown,
): Promise<[ours: number, peer: number]> {
  await ours();
  await peer();
  const [own, other]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    own.push(await millisecondsOf(ours));
    other.push(await millisecondsOf(peer));
  }
  return [median(own), median(other)];
}
