// Repeatable random choices: each is a hash of seed and name. So a sample is the same in every thread and process, and one point can be
// tried again alone.

import { hashOf } from '../../host/board/log.ts';

/** 32 bits that depend on seed and name alone. */
export function choice(seed: number, name: string): number {
  return hashOf(Buffer.from(`${seed} ${name}`));
}

export function oneIn(many: number, seed: number, name: string): boolean {
  return choice(seed, name) % many === 0;
}
