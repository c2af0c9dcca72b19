// The power-cut sweep: each story of scenarios.ts, cut at each point of points.ts, judged by invariants.ts.
//
//   play the story once, uncut      operations, boots, snapshots before each           story.ts
//   for each point                  restore, cut, power on, let it settle, judge       one boot
//     and for some of them          the same again with a cut inside that recovery
//     and for each new state        a trial not confirmed falls back; the story, begun again, succeeds
//
// What must stay true: a point's outcome depends on seed, scenario and its name alone, so that a violation's own line replays it.

import { tearPatterns } from '../../../host/board/devices/tear.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { choice, oneIn } from '../choice.ts';
import { eventLines } from '../device/event-log.ts';
import type { Finding } from '../invariants.ts';
import type { OnPartProgress, Part, PartResult, ProofOptions, Violation } from '../proof.ts';
import type { Patient } from './patient.ts';
import { accessPoints, operationPoints, type Point, type Sampling } from './points.ts';
import type { Recording } from './story.ts';

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

/** One part of the proof: a scenario's points, each `parts`th from the `part`th on. */
export class PartSweep {
  private readonly result: PartResult;
  private readonly patient: Patient;
  private readonly part: Part;
  private readonly options: ProofOptions;
  private readonly sampling: Sampling;
  private readonly seen = new Set<string>();

  constructor(patient: Patient, part: Part, options: ProofOptions) {
    this.patient = patient;
    this.part = part;
    this.options = options;
    const sampling = options.effort === 'full' ? exhaustive : slice;
    this.sampling = options.point === undefined ? sampling : alone;
    const counts = { atOperations: 0, atAccesses: 0, secondCuts: 0, repeats: 0 };
    this.result = { scenario: part.scenario, points: 0, violations: [], counts };
  }

  run(recording: Recording, onProgress: OnPartProgress): PartResult {
    const { sampling, result, part, options } = this;
    const accessesOf = (before: Snapshot) => this.patient.countAccesses(before);
    const atOperations = operationPoints(this.patient.scenario, recording, sampling, options.seed);
    const atAccesses = accessPoints(recording, accessesOf, sampling, options.seed);
    const all = [...atOperations, ...atAccesses].filter((_, index) => index % part.parts === part.part);
    const points = all.filter(({ name }) => options.point === undefined || name === firstCutOf(options.point));
    for (const [index, point] of points.entries()) {
      if (options.stopAtFirst && result.violations.length > 0) break;
      this.try(point);
      result.counts['atNs' in point.cut ? 'atOperations' : 'atAccesses']++;
      onProgress((index + 1) / points.length, result.points);
    }
    return result;
  }

  private try(point: Point): void {
    const { patient, sampling, options } = this;
    const { seed } = options;
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
      this.result.counts.secondCuts++;
    }
  }

  private recoverAndJudge(point: Point, name: string) {
    const { patient, result, sampling, options } = this;
    const boots = patient.scenario.steps[point.step].boots;
    const { recovery, operations } = patient.recover();
    result.points++;
    let findings = patient.judge(recovery, boots);
    if (findings.length === 0 && this.isNew() && oneIn(sampling.repeats, options.seed, `${name} repeated`)) {
      findings = patient.goOn(recovery);
      result.counts.repeats++;
    }
    const log = findings.length === 0 ? [] : eventLines(patient.records);
    for (const finding of findings) result.violations.push(this.violation(point, name, finding, log));
    return { tookNs: recovery.tookNs, operations };
  }

  /** Where chance has a say in what flash reads as, every state is new. */
  private isNew(): boolean {
    const state = this.patient.fingerprint();
    if (state !== undefined && this.seen.has(state)) return false;
    if (state !== undefined) this.seen.add(state);
    return true;
  }

  private violation(point: Point, name: string, finding: Finding, log: string[]): Violation {
    const { scenario } = this.patient;
    const choices = [`at '${scenario.steps[point.step].do}'`, ...name.split(', then ')];
    return { ...finding, scenario: scenario.name, point: name, choices, log };
  }
}

/** The point of a second cut is tried again by its first: all of what may follow it follows. */
function firstCutOf(name: string): string {
  return name.split(', then ')[0];
}
