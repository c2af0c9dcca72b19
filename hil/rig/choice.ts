// Repeatable random choices: each is a hash of seed and name. So a sample is the same in every thread and process, and one point can be
// tried again alone.

import { hashOf } from '../../host/board/log.ts';

/** 32 bits that depend on seed and name alone. */
export function choice(seed: number, name: string): number {
  const text = `${seed} ${name}`;
  // As UTF-8 a character of a string takes three bytes at most.
  if (3 * text.length > room.length) return hashOf(encoder.encode(text));
  return hashOf(room.subarray(0, encoder.encodeInto(text, room).written));
}

const encoder = new TextEncoder();
const room = new Uint8Array(4096);

export function oneIn(many: number, seed: number, name: string): boolean {
  return choice(seed, name) % many === 0;
}
