// Which blocks of firmware and bootloader ran, and how often: data that can be added up over boards, runs and processes.
//
// A block is code that executes equally often (host/board/cpu/counters.ts). What must stay true: the data is plain, so that JSON carries it from one
// process to another; to add up is the same in any order.

/** Of one module. Counts are in the order of its blocks, which its bytes determine. */
export interface ModuleCoverage {
  role: 'bootloader' | 'firmware';
  /** Of the module's code (wasm-sections.ts): modules with the same code are one. */
  hash: string;
  /** The module, in base64: what reads this may never have seen it. */
  module: string;
  counts: number[];
}

/** Sorted by role and hash. */
export type Coverage = readonly ModuleCoverage[];

/** The sum. Throws when the counts of one module are of different lengths: they come from different versions. */
export function mergeCoverage(parts: Iterable<Coverage>): Coverage {
  const sums = new Map<string, ModuleCoverage>();
  for (const part of parts) {
    for (const each of part) {
      const sum = sums.get(each.hash);
      if (!sum) sums.set(each.hash, { ...each, counts: [...each.counts] });
      else addCounts(sum, each);
    }
  }
  return [...sums.values()].sort((a, b) => compare(a.role, b.role) || compare(a.hash, b.hash));
}

function addCounts(sum: ModuleCoverage, { hash, counts }: ModuleCoverage): void {
  if (sum.counts.length !== counts.length)
    throw new Error(
      `coverage: module ${hash.slice(0, 16)} has ${sum.counts.length} blocks in one part and ${counts.length} in another; both must come from the same version of coldrig`,
    );
  for (const [block, count] of counts.entries()) sum.counts[block] += count;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
