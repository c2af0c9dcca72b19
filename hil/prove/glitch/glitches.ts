// The glitches of a boot: every site that it executes, at its first and last execution, at all of them, and at a seeded sample of those in between;
// each in every way that its kind of instruction can fail.

import { armGlitch, type Glitch, type GlitchSite, type KindOfSite } from '../../../host/board/cpu/cpu.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { choice } from '../../rig/choice.ts';

/** The part of all glitches that is tried. */
export interface GlitchSampling {
  /** Sites, as "one in so many"; 1: all. */
  sites: number;
  /** Executions between the first and the last. */
  between: number;
  /** Bytes of a copied block. */
  bytes: number;
}

export interface NamedGlitch {
  name: string;
  site: GlitchSite;
  glitch: Glitch;
}

const none = { value: 0, useArgument: 0, and: -1, xor: 0 };

export function glitchesOf(
  sites: GlitchSite[],
  executions: number[],
  sampling: GlitchSampling,
  seed: number,
): NamedGlitch[] {
  return sites.flatMap((site, number) => {
    const count = executions[number];
    const name = nameOfSite(site);
    if (count === 0 || !isTried(site, sampling, seed)) return [];
    return occurrencesOf(name, count, sampling, seed).flatMap((occurrence) => {
      const when = occurrence === 0 ? 'every time' : `time ${occurrence} of ${count}`;
      return waysOf(site, `${name}, ${when}`, sampling, seed).map(([how, way]) => ({
        name: `${name}, ${when}${how}`,
        site,
        glitch: { ...none, site: number, occurrence, ...way },
      }));
    });
  });
}

/** Whether a site is in the sample, in every boot that executes it. */
export function isTried(site: KindOfSite, { sites }: GlitchSampling, seed: number): boolean {
  return choice(seed, nameOfSite(site)) % sites === 0;
}

function nameOfSite({ kind, functionName, offset, callee }: KindOfSite): string {
  return `${kind} ${functionName}+0x${offset.toString(16)}${callee === undefined ? '' : ` ${callee}`}`;
}

function occurrencesOf(name: string, count: number, sampling: GlitchSampling, seed: number): number[] {
  const chosen = new Set([1, count]);
  for (let turn = 0; turn < sampling.between && chosen.size < count; turn++)
    chosen.add(1 + (choice(seed, `${name} between ${turn}`) % count));
  return [...(count > 1 ? [0] : []), ...[...chosen].sort((a, b) => a - b)];
}

type Way = [how: string, way: Partial<Glitch>];

function waysOf(site: GlitchSite, name: string, sampling: GlitchSampling, seed: number): Way[] {
  const bit = 1 << (choice(seed, `${name} bit`) & 31);
  switch (site.kind) {
    case 'branch':
      return [['', {}]];
    case 'call':
      if (!site.owesResult) return [['', {}]];
      return [
        [', leaves 0', {}],
        [', leaves 1', { value: 1 }],
        [', leaves its argument', { useArgument: 1 }],
      ];
    case 'read':
      return [
        [', reads 0', { and: 0 }],
        [', reads ones', { and: 0, xor: -1 }],
        [`, bit ${31 - Math.clz32(bit)} flips`, { xor: bit }],
      ];
    case 'copy':
      return Array.from({ length: sampling.bytes }, (_, turn) => choice(seed, `${name} byte ${turn}`) & 0xfff).flatMap(
        (value): Way[] => [
          [`, byte ${value} is 0`, { value, and: 0 }],
          [`, byte ${value} is ff`, { value, and: 0, xor: 0xff }],
          [`, a bit of byte ${value} flips`, { value, xor: 1 << (choice(seed, `${name} bit of ${value}`) & 7) }],
        ],
      );
  }
}

/** The boot from a snapshot taken before the bootloader begins, with this glitch armed. */
export function withGlitch(loaded: Snapshot, glitch: Glitch): Snapshot {
  return { ...loaded, globals: armGlitch(loaded.globals, glitch) };
}
