// Where power is cut: before, inside and after each flash operation of a story, and at bus accesses of each of its boots.
//
// A point has a name that says where it is, and everything that is left to choice is chosen by a hash of seed and name: so a sample is
// the same wherever it is taken, and one point can be repeated alone.

import { unitProgramNs } from '../../../host/board/devices/flash.ts';
import { tearPatterns } from '../../../host/board/devices/tear.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { choice, oneIn } from '../choice.ts';
import type { Scenario } from './scenarios.ts';
import type { FlashOperation, Recording } from './story.ts';

/** How much of all there is, each as "one in so many" (1: all). */
export interface Sampling {
  /** Operations in the middle of an upload; its first four and last four are always in. */
  uploadOperations: number;
  /** Units of a program operation that are cut inside; first and last are always in. */
  units: number;
  /** Bus accesses of a boot. */
  accesses: number;
  /** Points whose recovery is cut as well. */
  cutAgain: number;
  /** How often each of these is. */
  cutsAgain: number;
  /** States after recovery, each counted once, from which the story is begun again. */
  repeats: number;
}

export interface Point {
  name: string;
  /** Index of the story's step. */
  step: number;
  /** Where it is replayed from. */
  before: Snapshot;
  cut: { atNs: number; tear?: string } | { atAccess: number };
}

export function operationPoints(
  scenario: Scenario,
  { operations }: Recording,
  sampling: Sampling,
  seed: number,
): Point[] {
  return operations.flatMap((operation, number) => {
    const inStep = operations.filter(({ step }) => step === operation.step);
    const place = inStep.indexOf(operation);
    const amid = scenario.steps[operation.step].do === 'upload' && place >= 4 && place < inStep.length - 4;
    if (amid && !oneIn(sampling.uploadOperations, seed, `operation ${number}`)) return [];
    return pointsOf(operation, number, sampling, seed);
  });
}

function pointsOf(operation: FlashOperation, number: number, sampling: Sampling, seed: number): Point[] {
  const { startNs, endNs, before, step, erase } = operation;
  const name = `${erase ? 'erase' : 'program'} ${number}`;
  const at = (where: string, atNs: number, tear?: string): Point => {
    return { name: `${name} ${where}`, step, before, cut: { atNs, ...(tear && { tear }) } };
  };
  const patterns = tearPatterns.filter(({ program }) => erase || program);
  const units = erase ? 1 : (endNs - startNs) / unitProgramNs;
  const unitNs = (endNs - startNs) / units;
  const inside = Array.from({ length: units }, (_, unit) => unit)
    .filter((unit) => unit === 0 || unit === units - 1 || oneIn(sampling.units, seed, `${name} unit ${unit}`))
    .flatMap((unit) =>
      patterns.map((tear) => at(`unit ${unit} ${tear.name}`, startNs + unitNs * (unit + 0.5), tear.name)),
    );
  return [at('before', startNs - 1), ...inside, at('after', endNs + 1)];
}

/** `accessesOf` counts a boot's accesses. */
export function accessPoints(
  { boots }: Recording,
  accessesOf: (before: Snapshot) => number,
  sampling: Sampling,
  seed: number,
): Point[] {
  return boots.flatMap(({ step, before }, number) => {
    const points: Point[] = [];
    const stride = sampling.accesses;
    const count = accessesOf(before);
    for (let n = 1 + (choice(seed, `boot ${number}`) % stride); n <= count; n += stride)
      points.push({ name: `boot ${number} access ${n}`, step, before, cut: { atAccess: n } });
    return points;
  });
}
