// The power-cut sweep: each story of scenarios.ts, cut at each point of points.ts, held against the invariants.
//
//   play the story once, uncut      operations, boots, snapshots before each                         story.ts
//   for each point                  restore, cut, power on, let it settle, judge                     one boot
//     from each new window          the same again, cut in every operation of that boot: all pairs   device/window.ts
//     to each new window            a trial nobody confirms falls back; the story, begun again, succeeds
//   and random chains               up to five cuts, each but the first in the boot after the one before
//
// A cut that leaves flash and fuses exactly as another did is not booted again: its boot would be the same, so it is judged by that one.
// So is a second cut that leaves a window which was booted, and one in eight of these is booted to see that the window holds.
// What must stay true: a point's outcome depends on seed, scenario and its name alone, so that a violation's own line replays it.

import type { Snapshot } from '../../../host/board/snapshot.ts';
import { BootPolicy } from '../../../protocol/image/boot-state.ts';
import { eventLines } from '../../rig/event-log.ts';
import { choice, oneIn } from '../choice.ts';
import { contentOf } from '../device/cells.ts';
import type { Images } from '../device/images.ts';
import type { Cut, Operation } from '../device/operations.ts';
import { windowOf } from '../device/window.ts';
import type { Finding } from '../invariants.ts';
import type { OnPartProgress, Part, PartResult, ProofOptions } from '../proof.ts';
import { isTrialSpent, judge, runningNow } from './judge.ts';
import type { Patient } from './patient.ts';
import { accessPoints, cutsIn, operationPoints, type Point, type Sampling } from './points.ts';
import type { Outcome } from './scenarios.ts';
import type { Recording } from './story.ts';
import { WindowCheck } from './window-check.ts';

export const exhaustive: Sampling = {
  ...{ uploadOperations: 1, units: 1, accesses: 1 },
  ...{ windowsAgain: 1, cutsAgain: 1, repeats: 32, chains: 200 },
};

/** What a test run can afford. */
export const slice: Sampling = {
  ...{ uploadOperations: 8, units: 16, accesses: 29 },
  ...{ windowsAgain: 4, cutsAgain: 4, repeats: 4, chains: 5 },
};

/** For the one point that is asked for. */
const alone: Sampling = { ...exhaustive, repeats: 1 };

const chainCutsMax = 5;
const checkOneIn = 8;

/** What a boot after a cut came to, whatever step of the story the cut was in. */
interface Verdict {
  /** Broken, whatever may run. */
  findings: Finding[];
  runs: Outcome | undefined;
  /** A trial has used up its boots. */
  spent: boolean;
  tookNs: number;
  operations: Operation[];
}

/** One part of the proof: a piece of a scenario's points, and random chains that begin there. */
export class PartSweep {
  private readonly result: PartResult;
  private readonly patient: Patient;
  private readonly images: Images;
  private readonly part: Part;
  private readonly options: ProofOptions;
  private readonly sampling: Sampling;
  private readonly base: Snapshot;
  /** By what flash and fuses hold, all of it. */
  private readonly verdicts = new Map<string, Verdict>();
  private readonly ofWindow = new Map<string, Verdict>();
  /** Windows whose boots were cut again, with what may run; windows the story was begun again from, with what runs. */
  private readonly cutAgain = new Set<string>();
  private readonly begunAgain = new Set<string>();
  private readonly check = new WindowCheck();

  constructor(patient: Patient, images: Images, base: Snapshot, part: Part, options: ProofOptions) {
    this.patient = patient;
    this.images = images;
    this.base = base;
    this.part = part;
    this.options = options;
    const sampling = options.effort === 'full' ? exhaustive : slice;
    this.sampling = options.point === undefined ? sampling : alone;
    const counts = { atOperations: 0, atAccesses: 0, secondCuts: 0, chains: 0, boots: 0, repeats: 0 };
    this.result = { scenario: part.scenario, points: 0, violations: [], counts };
  }

  run(recording: Recording, onProgress: OnPartProgress): PartResult {
    const { result, part, options, sampling } = this;
    const all = this.pointsOf(recording, sampling);
    if (options.point !== undefined) return this.replay(all, options.point.split(', then '));
    const from = Math.floor((all.length * part.part) / part.parts);
    const points = all.slice(from, Math.floor((all.length * (part.part + 1)) / part.parts));
    for (const [index, point] of points.entries()) {
      if (options.stopAtFirst && result.violations.length > 0) return result;
      this.try(point);
      onProgress((index + 1) / points.length, result.points);
    }
    for (let number = 0; number < sampling.chains; number++) this.tryChain(all, `chain ${part.part} ${number}`);
    return result;
  }

  private pointsOf(recording: Recording, sampling: Sampling): Point[] {
    const { patient, options } = this;
    const accessesOf = (before: Snapshot) => patient.countAccesses(before);
    return [
      ...operationPoints(patient.scenario, recording, sampling, options.seed),
      ...accessPoints(recording, accessesOf, sampling, options.seed),
    ];
  }

  private try(point: Point): void {
    const { patient, sampling, options, result } = this;
    const { seed } = options;
    patient.cut(point, choice(seed, point.name));
    result.counts['atNs' in point.cut ? 'atOperations' : 'atAccesses']++;
    const window = `${windowOf(patient.board, this.images).key} ${point.step}`;
    const again = !this.cutAgain.has(window) && oneIn(sampling.windowsAgain, seed, `${point.name} again`);
    this.cutAgain.add(window);
    const off = again ? patient.board.snapshot() : undefined;
    const { operations } = this.follow(point, [point.name]);
    if (off === undefined) return;
    for (const cut of this.recoveryCuts(operations, `${point.name} again`)) {
      patient.cutRecovery(off, cut, choice(seed, `${point.name} ${cut.name}`));
      this.follow(point, [point.name, cut.name]);
      result.counts.secondCuts++;
    }
  }

  private recoveryCuts(operations: readonly Operation[], name: string): Cut[] {
    const { sampling, options } = this;
    return operations
      .flatMap((operation, number) => cutsIn(operation, `${operation.kind} ${number}`, sampling.units, options.seed))
      .filter((cut) => oneIn(sampling.cutsAgain, options.seed, `${name} ${cut.name}`));
  }

  /** Power is off: what comes when it is back. */
  private follow(point: Point, names: string[]): Verdict {
    const { patient, result, base } = this;
    const content = contentOf(patient.board, base.flash);
    result.points++;
    const known = content === undefined ? undefined : this.verdicts.get(content);
    const verdict = known ?? this.recognize(names) ?? this.boot(names);
    if (content !== undefined) this.verdicts.set(content, verdict);
    const { findings, runs } = verdict;
    const { steps, keeps } = patient.scenario;
    // A trial that lost power in each of its boots has used them up, and is undone.
    const isSpent = verdict.spent && names.length >= BootPolicy.TRIAL_BOOTS;
    const boots: readonly Outcome[] = isSpent ? [keeps ?? 'safe mode'] : steps[point.step].boots;
    if (findings.length > 0) this.report(point, names, findings);
    else if (runs === undefined || !boots.includes(runs))
      this.report(point, names, [
        { invariant: 'whole', text: `it runs ${runs}; what may run here is ${boots.join(' or ')}` },
      ]);
    return verdict;
  }

  /** After a second cut, the verdict on the window it leaves; one in eight is booted all the same, to hold the window to its word. */
  private recognize(names: string[]): Verdict | undefined {
    const { patient, images, options } = this;
    if (names.length === 1 || oneIn(checkOneIn, options.seed, names.join(', then '))) return undefined;
    const { key, firm } = windowOf(patient.board, images);
    return firm ? this.ofWindow.get(key) : undefined;
  }

  private boot(names: string[]): Verdict {
    const { patient, images, result, sampling, options } = this;
    const before = windowOf(patient.board, images);
    const { recovery, operations } = patient.recover();
    result.counts.boots++;
    const findings = [
      ...judge(patient.board, recovery, patient.scenario, images),
      ...this.check.add(before, recovery, patient.records, names),
    ];
    const runs = runningNow(patient.board, recovery);
    const spent = isTrialSpent(patient.board);
    const after = `${windowOf(patient.board, images).key} ${runs}`;
    if (findings.length === 0 && !this.begunAgain.has(after)) {
      this.begunAgain.add(after);
      if (oneIn(sampling.repeats, options.seed, `${names.join(', then ')} repeated`)) {
        findings.push(...patient.goOn(recovery));
        result.counts.repeats++;
      }
    }
    const verdict = { findings, runs, spent, tookNs: recovery.tookNs, operations };
    if (before.firm) this.ofWindow.set(before.key, verdict);
    return verdict;
  }

  /** A random point, then up to four cuts more, each in an operation of the boot before, or anywhere in it. */
  private tryChain(points: readonly Point[], chain: string): void {
    const { options, result } = this;
    const pick = (what: string, below: number) => choice(options.seed, `${chain} ${what}`) % below;
    const point = points[pick('point', points.length)];
    const cuts = 2 + pick('length', chainCutsMax - 1);
    const before = result.violations.length;
    const names = [point.name];
    this.follows(point, names, ({ operations, tookNs }, depth) => {
      if (depth === cuts) return undefined;
      const choices = this.recoveryCuts(operations, `${chain} ${depth}`);
      const anywhere = { name: '', atNs: pick(`time ${depth}`, Math.max(tookNs, 1)) };
      const cut = choices[pick(`cut ${depth}`, choices.length + 1)] ?? { ...anywhere, name: `${anywhere.atNs} ns` };
      names.push(cut.name);
      return cut;
    });
    result.counts.chains++;
    if (result.violations.length > before) this.shrink(point, names, before);
  }

  /** Cuts at the point, and in each boot after as `next` says. */
  private follows(point: Point, names: string[], next: (verdict: Verdict, depth: number) => Cut | undefined): void {
    const { patient, options } = this;
    patient.cut(point, choice(options.seed, point.name));
    for (let depth = 1; ; depth++) {
      const off = patient.board.snapshot();
      const verdict = this.follow(point, names.slice(0, depth));
      const cut = next(verdict, depth);
      if (cut === undefined) return;
      patient.cutRecovery(off, cut, choice(options.seed, `${point.name} ${cut.name}`));
    }
  }

  /** Tries one point by the names of its cuts. */
  private replay(points: readonly Point[], names: readonly string[]): PartResult {
    const point = points.find(({ name }) => name === names[0]);
    if (point) this.retrace(point, names);
    return this.result;
  }

  private retrace(point: Point, names: readonly string[]): void {
    this.follows(point, [...names], ({ operations }, depth) => {
      const name = names[depth];
      const time = /^(\d+) ns$/.exec(name ?? '');
      if (time) return { name, atNs: Number(time[1]) };
      return operations
        .flatMap((operation, number) => cutsIn(operation, `${operation.kind} ${number}`, 1, this.options.seed))
        .find((cut) => cut.name === name);
    });
  }

  /** Leaves out what a violation can do without, one cut after the other, and keeps the shortest. */
  private shrink(point: Point, names: readonly string[], before: number): void {
    const { result } = this;
    let shortest = result.violations.slice(before);
    let kept = [...names];
    for (let leave = kept.length - 1; leave >= 1; leave--) {
      const fewer = kept.filter((_, index) => index !== leave);
      result.violations.length = before;
      this.verdicts.clear();
      this.ofWindow.clear();
      this.retrace(point, fewer);
      if (result.violations.length === before) continue;
      shortest = result.violations.slice(before);
      kept = fewer;
    }
    result.violations.splice(before, Number.POSITIVE_INFINITY, ...shortest.slice(0, 1));
  }

  private report(point: Point, names: string[], findings: readonly Finding[]): void {
    const { scenario } = this.patient;
    const log = eventLines(this.patient.records);
    const choices = [`at '${scenario.steps[point.step].do}'`, ...names];
    for (const finding of findings)
      this.result.violations.push({ ...finding, scenario: scenario.name, point: names.join(', then '), choices, log });
  }
}
