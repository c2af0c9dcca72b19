// What must be true of a boot after flash was changed. It is compared with the host's own verification of the slots as they are now, and with the
// state of the device before.

import type { AttackBench, Boot } from '../attack/attack-bench.ts';
import { judgeRest, judgeRun } from '../attack/judge.ts';
import type { Slot } from '../attack/trust.ts';
import type { Known } from '../device/known.ts';
import type { Finding } from '../invariants.ts';
import { freshRow, type Happening, judgePromises, rowAfter } from '../promises.ts';
import type { Expectation } from './cases.ts';

/** The state of the images before the attack. */
export interface Before {
  confirmed: Named[];
  rejected: Named[];
}

interface Named {
  slot: Slot;
  hash: Uint8Array | undefined;
}

export function beforeOf(bench: AttackBench): Before {
  return { confirmed: named(bench, 'CONFIRMED'), rejected: named(bench, 'REJECTED') };
}

function named(bench: AttackBench, state: 'CONFIRMED' | 'REJECTED'): Named[] {
  return bench.slotsThatAre(state).map((slot) => ({ slot, hash: bench.verdict(slot).hash }));
}

/** Checks the boot of a device whose flash was changed. `known`: the contents of flash when the boot began. */
export function findingsOf(
  bench: AttackBench,
  boot: Boot,
  { asked }: { asked?: boolean },
  expectation: Expectation,
  before: Before,
  known: Known,
): Finding[] {
  const { mustRun, mustNotRun, mayStay, mayFallBack } = expectation;
  const may = ([0, 1] as const).filter((slot) => slot !== mustNotRun && bench.verdict(slot).refusal === undefined);
  const isStill = ({ slot, hash }: Named) => may.includes(slot) && isSame(bench.verdict(slot).hash, hash);
  const rejected = before.rejected.filter(isStill).map(({ slot }) => slot);
  const bootable = may.filter((slot) => bench.verdict(slot).runnable && !rejected.includes(slot));
  const findings = [
    ...judgeRun(boot),
    ...judgeRest(boot, bootable.length > 0 && !(mayStay && boot.state === 'bootloader')),
  ];
  if (findings.length > 0) return findings;
  if (mustNotRun !== undefined && boot.handOvers.some(({ slot }) => slot === mustNotRun))
    return [{ invariant: 'verified', text: `slot ${'AB'[mustNotRun]} was run, and no valid signature allows it` }];
  if (boot.disagreements.length > 0 && mustNotRun === undefined)
    return [{ invariant: 'agrees', text: boot.disagreements[0] }];
  const version = (slot: Slot) => bench.verdict(slot).version;
  const asks = asked && bootable.includes(1) && (bootable.length === 1 || version(1) > version(0));
  const wanted = mustRun ?? (asks ? 1 : undefined);
  const ran = boot.handOvers.map(({ slot }) => slot);
  if (wanted !== undefined && ran[0] !== wanted)
    return [{ invariant: 'whole', text: `slot ${'AB'[wanted]} was not run, though it verifies and its turn had come` }];
  const last = ran.at(-1);
  const left = before.confirmed.find(
    (each) => isStill(each) && last !== undefined && version(last) < version(each.slot),
  );
  if (left === undefined || mayFallBack)
    return judgePromises(known, bench.known(), happeningOf(bench, boot, known, expectation));
  return [
    { invariant: 'bootable', text: `an older image runs, though slot ${'AB'[left.slot]} is confirmed and whole` },
  ];
}

/** A boot, and no client. What may be because of the circumstances of the boot is excused as what a client would be told it may be. */
function happeningOf(
  bench: AttackBench,
  { state, handOvers }: Boot,
  known: Known,
  { mustRun, mayStay, mayFallBack }: Expectation,
): Happening {
  const runs = state === 'bootloader' ? 'safe mode' : state === 'firmware' ? handOvers.at(-1)?.slot : undefined;
  const row = mayFallBack ? { count: 0, tried: 3, failed: 3 } : rowAfter(freshRow, known, bench.happened());
  // The image that must run is allowed whatever its version: there is a token beside it.
  const asks = mustRun === undefined ? undefined : { slots: [mustRun], older: true };
  return { runs, row, ...(asks && { asks }), ...(mayStay && { asksSafeMode: true }) };
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
}
