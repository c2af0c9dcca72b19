// The power-cut sweep: each story of scenarios.ts, cut at each point of points.ts, judged by invariants.ts.
//
//   play the story once, uncut      operations, boots, snapshots before each           story.ts
//   for each point                  restore, cut, power on, let it settle, judge       one boot
//     and for some of them          the same again with a cut inside that recovery
//     and for each new state        a trial not confirmed falls back; the story, begun again, succeeds
//
// What must stay true: a point's outcome depends on seed, scenario and its name alone, so that a violation's own line replays it.

import { Board } from '../../host/board/board.ts';
import { tearPatterns } from '../../host/board/devices/tear.ts';
import type { Snapshot } from '../../host/board/snapshot.ts';
import { compileGuest, type SourceChange } from '../../host/tools/guest.ts';
import { makeImages } from './images.ts';
import type { Finding, Invariant } from './invariants.ts';
import { Patient } from './patient.ts';
import { accessPoints, choice, oneIn, operationPoints, type Point, type Sampling } from './points.ts';
import { type Scenario, scenarios } from './scenarios.ts';
import { type Recording, recordStory } from './story.ts';

/** Every first cut there is. What comes after it stays a sample: all pairs are millions, a story begun again costs thirty points. */
export const exhaustive: Sampling = {
  ...{ uploadOperations: 1, units: 1, accesses: 1 },
  ...{ cutAgain: 8, cutsAgain: 2, repeats: 32 },
};

/** What is tried at the one point that is asked for. */
const alone: Sampling = { ...exhaustive, cutAgain: 1, repeats: 1 };

/** What a test run can afford. */
export const slice: Sampling = {
  ...{ uploadOperations: 32, units: 16, accesses: 13 },
  ...{ cutAgain: 12, cutsAgain: 2, repeats: 12 },
};

export interface SweepOptions {
  seed?: number;
  sampling?: Sampling;
  /** All of them when left out. */
  scenarios?: readonly Scenario[];
  /** Only the point of this name, with every second cut and the story again. */
  point?: string;
  /** A bootloader broken on purpose, and what to call it. */
  canary?: { name: string; changes: SourceChange[] };
  /** Ends the sweep of a scenario at its first violation. */
  stopAtFirst?: boolean;
  onScenario?: (result: ScenarioResult) => void;
}

export interface Violation {
  scenario: string;
  /** Names flash operation, unit and tear pattern, or boot and access; and the second cut if there was one. */
  point: string;
  step: string;
  seed: number;
  invariant: Invariant;
  text: string;
  /** A line for a shell that shows it again. */
  replay: string;
}

export interface ScenarioResult {
  name: string;
  /** Power cuts whose recovery was judged, second cuts included. */
  points: number;
  /** Of these: before, inside or after a flash operation; at a bus access; in a recovery. */
  operationPoints: number;
  accessPoints: number;
  secondCuts: number;
  /** Stories begun again and ended well, or not. */
  repeats: number;
  /** Most virtual time a recovery took. */
  longestRecoveryNs: number;
  violations: Violation[];
}

export interface SweepResult {
  seed: number;
  points: number;
  violations: Violation[];
  scenarios: ScenarioResult[];
}

export async function sweepPower(options: SweepOptions = {}): Promise<SweepResult> {
  const { seed = 1, canary } = options;
  const images = await makeImages();
  const bootloader = await compileGuest('bootloader/main.ts', canary && { changes: canary.changes });
  const results: ScenarioResult[] = [];
  for (const scenario of options.scenarios ?? scenarios) {
    const recording = recordStory(scenario, images, bootloader, seed);
    const sweep = new ScenarioSweep(new Patient(new Board({ seed }), scenario, images, recording.start), options);
    results.push(sweep.run(recording));
    options.onScenario?.(sweep.result);
  }
  const points = results.reduce((sum, result) => sum + result.points, 0);
  return { seed, points, violations: results.flatMap(({ violations }) => violations), scenarios: results };
}

class ScenarioSweep {
  readonly result: ScenarioResult;
  private readonly patient: Patient;
  private readonly options: SweepOptions;
  private readonly seed: number;
  private readonly sampling: Sampling;
  private readonly seen = new Set<string>();

  constructor(patient: Patient, options: SweepOptions) {
    this.patient = patient;
    this.options = options;
    this.seed = options.seed ?? 1;
    this.sampling = options.point !== undefined ? alone : (options.sampling ?? slice);
    const counts = { points: 0, operationPoints: 0, accessPoints: 0, secondCuts: 0, repeats: 0, longestRecoveryNs: 0 };
    this.result = { name: patient.scenario.name, ...counts, violations: [] };
  }

  run(recording: Recording): ScenarioResult {
    const { sampling, seed, result } = this;
    const accessesOf = (before: Snapshot) => this.patient.countAccesses(before);
    const atOperations = operationPoints(this.patient.scenario, recording, sampling, seed);
    const atAccesses = accessPoints(recording, accessesOf, sampling, seed);
    for (const point of [...atOperations, ...atAccesses]) {
      if (this.options.point !== undefined && point.name !== this.options.point) continue;
      if (this.options.stopAtFirst && result.violations.length > 0) break;
      this.try(point);
      if ('atNs' in point.cut) result.operationPoints++;
      else result.accessPoints++;
    }
    if (result.points === 0) throw new Error(`${result.name}: it has no point called '${this.options.point}'`);
    return result;
  }

  private try(point: Point): void {
    const { patient, seed, sampling } = this;
    patient.cut(point, choice(seed, point.name));
    const off = oneIn(sampling.cutAgain, seed, `${point.name} again`) ? patient.board.snapshot() : undefined;
    const { tookNs, operations } = this.recoverAndJudge(point, point.name);
    if (off === undefined) return;
    for (let turn = 0; turn < sampling.cutsAgain; turn++) {
      const chance = choice(seed, `${point.name} again ${turn}`);
      const operation = turn % 2 === 0 ? operations[chance % Math.max(operations.length, 1)] : undefined;
      const [from, to] = operation ?? [0, tookNs];
      const afterNs = from + Math.floor((chance / 2 ** 32) * (to - from));
      patient.board.restore(off);
      const tear = operation && tearPatterns[(chance >>> 8) % (tearPatterns.length - 1)].name;
      patient.cutRecovery(afterNs, tear);
      this.recoverAndJudge(point, `${point.name}, then ${afterNs} ns after power-on ${tear ?? ''}`.trimEnd());
      this.result.secondCuts++;
    }
  }

  private recoverAndJudge(point: Point, name: string) {
    const { patient, result, sampling, seed } = this;
    const boots = patient.scenario.steps[point.step].boots;
    const { recovery, operations } = patient.recover();
    result.points++;
    result.longestRecoveryNs = Math.max(result.longestRecoveryNs, recovery.tookNs);
    let findings = patient.judge(recovery, boots);
    if (findings.length === 0 && this.isNew() && oneIn(sampling.repeats, seed, `${name} repeated`)) {
      findings = patient.goOn(recovery);
      result.repeats++;
    }
    for (const finding of findings) result.violations.push(this.violation(point, name, finding));
    return { tookNs: recovery.tookNs, operations };
  }

  /** Where chance has a say in what flash reads as, every state is new. */
  private isNew(): boolean {
    const state = this.patient.fingerprint();
    if (state !== undefined && this.seen.has(state)) return false;
    if (state !== undefined) this.seen.add(state);
    return true;
  }

  private violation(point: Point, name: string, finding: Finding): Violation {
    const { scenario } = this.patient;
    const canary = this.options.canary ? ` --canary '${this.options.canary.name}'` : '';
    const where = `--seed ${this.seed} --scenario '${scenario.name}' --point '${point.name}'${canary}`;
    return {
      ...{ scenario: scenario.name, point: name, step: scenario.steps[point.step].do, seed: this.seed },
      ...{ ...finding, replay: `npx tsx hil/power/main.ts ${where}` },
    };
  }
}
