// The power-cut sweep: each story of scenarios.ts, cut at each point of points.ts, checked against the invariants.
//
//   play the story once, uncut      operations, boots, snapshots before each                         story.ts
//   for each point                  restore, cut, power on, let it settle, judge                     one boot
//     from each new window          the same again, cut in every operation of that boot: all pairs   device/window.ts
//     to each new window            a trial that is not confirmed is rolled back; the story, begun again, succeeds
//   and random chains               up to five cuts, each but the first in the boot after the one before
//
// A boot that would read the same as an earlier boot is not run again: what that one wrote is applied to what this device holds, and the result is
// judged as any other (device/known-boots.ts). A seeded sample of these boots is run as a check, and must do the same.
// What must stay true: the outcome of a point depends only on seed, scenario and its name, so that the command printed with a violation replays it.

import type { Snapshot } from '../../../host/board/snapshot.ts';
import { BootPolicy } from '../../../protocol/image/boot-state.ts';
import { choice, oneIn } from '../../rig/choice.ts';
import { eventLines } from '../../rig/event-log.ts';
import type { Images } from '../device/images.ts';
import type { KnownBoot } from '../device/known-boots.ts';
import type { Cut, Operation } from '../device/operations.ts';
import { imageIn, type Window, windowOf } from '../device/window.ts';
import type { Finding } from '../invariants.ts';
import type { OnPartProgress, Part, PartResult, ProofOptions } from '../proof.ts';
import type { DeviceUnderTest, Off } from './dut.ts';
import { judge, judgeBoot, judgeStep } from './judge.ts';
import { JudgedBoots, verdictOn } from './judged-boots.ts';
import { JudgedWindows } from './judged-windows.ts';
import { cutsIn, type Point, pointsOf } from './points.ts';
import type { Recovered, Verdict } from './recovered.ts';
import { alone, exhaustive, type Sampling, slice } from './sampling.ts';
import type { Outcome } from './scenario.ts';
import type { Recording } from './story.ts';
import { uncutPoint } from './uncut.ts';
import { WindowCheck } from './window-check.ts';

const chainCutsMax = 5;
const windowCheckedIn = 8;

/** One part of the proof: a piece of a scenario's points, and random chains that begin there. */
export class PartSweep {
  private readonly result: PartResult;
  private readonly dut: DeviceUnderTest;
  private readonly images: Images;
  private readonly part: Part;
  private readonly options: ProofOptions;
  private readonly sampling: Sampling;
  private readonly ofWindow = new JudgedWindows();
  /** Windows whose boots were cut again, with what may run; windows the story was begun again from, with what runs. */
  private readonly cutAgain = new Set<string>();
  private readonly begunAgain = new Set<string>();
  private readonly judged: JudgedBoots;
  private readonly check = new WindowCheck();

  constructor(dut: DeviceUnderTest, images: Images, part: Part, options: ProofOptions) {
    this.dut = dut;
    this.images = images;
    this.part = part;
    this.options = options;
    this.judged = new JudgedBoots(options.seed);
    const sampling = options.effort === 'full' ? exhaustive : slice;
    this.sampling = options.point === undefined ? sampling : alone;
    const counts = {
      ...{ uncut: 0, atOperations: 0, atAccesses: 0, secondCuts: 0, chains: 0 },
      ...{ boots: 0, shared: 0, byWindow: 0, checked: 0, repeats: 0 },
    };
    this.result = { scenario: part.scenario, points: 0, violations: [], counts };
  }

  run(recording: Recording, onProgress: OnPartProgress): PartResult {
    const { result, part, options, sampling, dut } = this;
    if (part.part === 0) this.tellUncut(recording);
    if (options.point === uncutPoint || (options.stopAtFirst && result.violations.length > 0)) return result;
    const accessesOf = (before: Snapshot) => dut.countAccesses(before);
    const all = pointsOf(dut.scenario, recording, accessesOf, sampling, options.seed);
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

  /** The verdict on the story with power on: a point for each step. */
  private tellUncut({ uncut }: Recording): void {
    const { options, result, dut } = this;
    if (options.point !== undefined && options.point !== uncutPoint) return;
    const scenario = dut.scenario.name;
    result.points += uncut.steps;
    result.counts.uncut = uncut.steps;
    for (const { step, log, ...finding } of uncut.findings)
      result.violations.push({ ...finding, scenario, point: uncutPoint, choices: [`after '${step}'`], log });
  }

  private try(point: Point): void {
    const { dut, sampling, options, result } = this;
    const { seed } = options;
    const found = this.cutAt(point);
    result.counts['atNs' in point.cut ? 'atOperations' : 'atAccesses']++;
    const window = windowOf(dut.board, this.images);
    const place = `${window.key} ${point.step}`;
    const again = !this.cutAgain.has(place) && oneIn(sampling.windowsAgain, seed, `${point.name} again`);
    this.cutAgain.add(place);
    const off = again ? dut.hold() : undefined;
    const { operations, boot } = this.follow(point, [point.name], window, found);
    if (off === undefined) return;
    for (const cut of this.recoveryCuts(operations, `${point.name} again`)) {
      const findings = this.cutRecovery(off, cut, point, boot);
      this.follow(point, [point.name, cut.name], windowOf(dut.board, this.images), findings);
      result.counts.secondCuts++;
    }
  }

  /** Cuts at a point. What is wrong when it was played, and a run leaves something else. */
  private cutAt(point: Point): Finding[] {
    const { dut, sampling, options, result } = this;
    const chance = choice(options.seed, point.name);
    // One that is repeated alone is run, so that its log is whole.
    dut.cut(point, chance, options.point !== undefined);
    if (point.begun === undefined || !oneIn(sampling.sharedChecked, options.seed, `${point.name} played`)) return [];
    result.counts.checked++;
    return dut.pointAfterAll(point, chance);
  }

  /** What is wrong when the cut of a known boot is played back, and a run leaves something else. */
  private cutRecovery(off: Off, cut: Cut, { name }: Point, boot: KnownBoot | undefined): Finding[] {
    const { dut, sampling, result } = this;
    const { seed } = this.options;
    const chance = choice(seed, `${name} ${cut.name}`);
    dut.cutRecovery(off, cut, chance, boot);
    if (boot === undefined || !oneIn(sampling.sharedChecked, seed, `${name} ${cut.name} played`)) return [];
    result.counts.checked++;
    return dut.cutAfterAll(off, cut, chance);
  }

  private recoveryCuts(operations: readonly Operation[], name: string): Cut[] {
    const { sampling, options } = this;
    return operations
      .flatMap((operation, number) => cutsIn(operation, `${operation.kind} ${number}`, sampling.units, options.seed))
      .filter((cut) => oneIn(sampling.cutsAgain, options.seed, `${name} ${cut.name}`));
  }

  /** Power is off: switches it on and judges the boot. `found`: violations before that. */
  private follow(point: Point, names: string[], window: Window, found: readonly Finding[] = []): Verdict {
    const { dut, result } = this;
    result.points++;
    const verdict = this.boot(names, window);
    const findings = [...found, ...verdict.findings];
    const { steps, keeps } = dut.scenario;
    // A trial that lost power in each of its boots has used them up, and is rolled back.
    const isSpent = verdict.spent && names.length >= BootPolicy.TRIAL_BOOTS;
    const boots: readonly Outcome[] = isSpent ? [keeps ?? 'safe mode'] : steps[point.step].boots;
    if (findings.length === 0) findings.push(...judgeStep(verdict, boots, steps[point.step].holds));
    if (findings.length > 0) this.report(point, names, findings, verdict.boot);
    return verdict;
  }

  private boot(names: string[], before: Window): Verdict {
    const { dut, result, sampling, options } = this;
    const name = names.join(', then ');
    let recovered = dut.recall();
    if (recovered === undefined) {
      const verdict = this.recognize(names, before);
      if (verdict) return verdict;
      recovered = dut.run();
    }
    result.counts[recovered.shared ? 'shared' : 'boots']++;
    const checks = recovered.shared && oneIn(sampling.sharedChecked, options.seed, `${name} run all the same`);
    const known = checks ? undefined : this.judged.find(recovered, before, name);
    if (known) return this.ofWindow.keep(before, known);
    let findings = this.judge(recovered, before, names);
    const verdict = verdictOn(recovered);
    const isNew = findings.length === 0 && this.leadsToNew(recovered, before, verdict);
    const repeats = isNew && oneIn(sampling.repeats, options.seed, `${name} repeated`);
    // A boot that is reported, or from which the sweep goes on, is run.
    if (recovered.shared && (checks || repeats || findings.length > 0)) {
      result.counts.checked++;
      recovered = dut.runAfterAll(recovered);
      findings = this.judge(recovered, before, names);
    }
    if (repeats && findings.length === 0) {
      findings.push(...dut.goOn(recovered.recovery));
      result.counts.repeats++;
    }
    return this.ofWindow.keep(before, { ...verdict, findings, operations: recovered.operations, boot: recovered.boot });
  }

  /** After a second cut, the verdict on the window that it leaves. One in eight is booted anyway, to check the window. */
  private recognize(names: string[], window: Window): Verdict | undefined {
    const { options, result } = this;
    if (!window.firm || names.length === 1 || oneIn(windowCheckedIn, options.seed, names.join(', then ')))
      return undefined;
    const verdict = this.ofWindow.find(window);
    if (verdict) result.counts.byWindow++;
    return verdict;
  }

  /** Whether the story was not begun again yet from the window to which this boot leads. */
  private leadsToNew(recovered: Recovered, before: Window, verdict: Verdict): boolean {
    if (!this.judged.add(recovered, before, verdict)) return false;
    const after = `${windowOf(recovered.ending, this.images).key} ${verdict.runs}`;
    const isNew = !this.begunAgain.has(after);
    this.begunAgain.add(after);
    return isNew;
  }

  private judge({ ending, recovery, records, findings }: Recovered, before: Window, names: string[]): Finding[] {
    const { dut, images } = this;
    return [
      ...findings,
      ...judge(ending, recovery, dut.scenario, images),
      ...judgeBoot(dut.knownBefore(), ending, recovery, records, images),
      ...this.check.add(before, recovery, records, names),
    ];
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
    const { dut } = this;
    let findings = this.cutAt(point);
    for (let depth = 1; ; depth++) {
      const off = dut.hold();
      const window = windowOf(dut.board, this.images);
      // The next cut is at a time of this boot, and within a kind times differ.
      window.kind = window.key;
      const verdict = this.follow(point, names.slice(0, depth), window, findings);
      const cut = next(verdict, depth);
      if (cut === undefined) return;
      findings = this.cutRecovery(off, cut, point, verdict.boot);
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

  /** Leaves out cuts that a violation does not need, one after the other, and keeps the shortest list. */
  private shrink(point: Point, names: readonly string[], before: number): void {
    const { result } = this;
    let shortest = result.violations.slice(before);
    let kept = [...names];
    for (let leave = kept.length - 1; leave >= 1; leave--) {
      const fewer = kept.filter((_, index) => index !== leave);
      result.violations.length = before;
      this.ofWindow.forget();
      this.retrace(point, fewer);
      if (result.violations.length === before) continue;
      shortest = result.violations.slice(before);
      kept = fewer;
    }
    result.violations.splice(before, Number.POSITIVE_INFINITY, ...shortest.slice(0, 1));
  }

  private report(point: Point, names: string[], findings: readonly Finding[], boot?: KnownBoot): void {
    const { dut, images } = this;
    const { scenario } = dut;
    const log = eventLines(dut.recordsWith(boot), (slot) => imageIn(dut.board, slot, images));
    const choices = [`at '${scenario.steps[point.step].do}'`, ...names];
    for (const finding of findings)
      this.result.violations.push({ ...finding, scenario: scenario.name, point: names.join(', then '), choices, log });
  }
}
