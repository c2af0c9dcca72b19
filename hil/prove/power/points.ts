// Where power is cut in a story: before, inside and after each flash and fuse operation, and at bus accesses and cycles of each of its boots.
//
// A point has a name that says where it is. Every random choice comes from a hash of seed and name: so a sample is the same wherever it is taken, and
// one point can be repeated alone.

import type { Snapshot } from '../../../host/board/snapshot.ts';
import { choice, oneIn } from '../../rig/choice.ts';
import { type Cut, cutsOf, type Operation } from '../device/operations.ts';
import type { BegunOperation } from '../device/playback.ts';
import type { Sampling } from './sampling.ts';
import type { Scenario } from './scenario.ts';
import type { Recording } from './story.ts';

/** The product's own firmware is five times as large as the agent, and its upload goes through the same code: so one operation in so many is cut. */
const sparseUploads = 8;

export interface Point {
  name: string;
  /** Index of the story's step. */
  step: number;
  /** The snapshot that it is replayed from. */
  before: Snapshot;
  cut: Cut | { atAccess: number; cyclesLater: number };
  /** The operation that the cut is beside; undefined for a cut at an access. */
  begun?: BegunOperation;
}

/** All of a story. `accessesOf` counts a boot's accesses. */
export function pointsOf(
  scenario: Scenario,
  recording: Recording,
  accessesOf: (before: Snapshot) => number,
  sampling: Sampling,
  seed: number,
): Point[] {
  return [
    ...operationPoints(scenario, recording, sampling, seed),
    ...accessPoints(recording, accessesOf, sampling, seed),
  ];
}

export function operationPoints(
  scenario: Scenario,
  { operations }: Recording,
  sampling: Sampling,
  seed: number,
): Point[] {
  const oneUploadOperationIn = sampling.uploadOperations * (scenario.fleet === 'firmware' ? sparseUploads : 1);
  return operations.flatMap((operation, number) => {
    const { step, before, kind, instant } = operation;
    const inStep = operations.filter((other) => other.step === step);
    const place = inStep.indexOf(operation);
    const amid = scenario.steps[step].do === 'upload' && place >= 4 && place < inStep.length - 4;
    if (amid && !oneIn(oneUploadOperationIn, seed, `operation ${number}`)) return [];
    return cutsIn(operation, `${kind} ${number}`, sampling.units, seed).map((cut) => ({
      ...{ name: cut.name, step, before, cut, begun: { operation, instant } },
    }));
  });
}

/** Cuts of an operation by their full names. */
export function cutsIn(operation: Operation, name: string, oneUnitIn: number, seed: number): Cut[] {
  const wanted = (unit: number, units: number) =>
    unit === 0 || unit === units - 1 || oneIn(oneUnitIn, seed, `${name} unit ${unit}`);
  return cutsOf(operation, wanted).map((cut) => ({ ...cut, name: `${name} ${cut.name}` }));
}

/** At an access, and one cycle to a few hundred behind it. `accessesOf` counts a boot's accesses. */
function accessPoints(
  { boots }: Recording,
  accessesOf: (before: Snapshot) => number,
  sampling: Sampling,
  seed: number,
): Point[] {
  return boots.flatMap(({ step, before }, number) => {
    const points: Point[] = [];
    const stride = sampling.accesses;
    const count = accessesOf(before);
    for (let n = 1 + (choice(seed, `boot ${number}`) % stride); n <= count; n += stride) {
      const name = `boot ${number} access ${n}`;
      const cyclesLater = 1 << (choice(seed, name) % 9);
      points.push({ name, step, before, cut: { atAccess: n, cyclesLater: 0 } });
      points.push({ name: `${name} + ${cyclesLater} cycles`, step, before, cut: { atAccess: n, cyclesLater } });
    }
    return points;
  });
}
