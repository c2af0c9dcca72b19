// The board under the sweep: cut here, recovered, judged, and led on from there, again and again on one board by snapshots.

import type { Board } from '../../../host/board/board.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { fingerprint } from '../device/cells.ts';
import type { Images } from '../device/images.ts';
import { Operator, StoryFailed } from '../device/operator.ts';
import { type Finding, reachLimitNs } from '../invariants.ts';
import { isConfirmed, judge, lookAtHandover, type Recovery, runningNow } from './judge.ts';
import type { Point } from './points.ts';
import type { Outcome, Scenario } from './scenarios.ts';
import { act, settle } from './story.ts';

const farAccess = 0x7fff_ffff;
/** Before it, a cut that is armed has come. */
const cutLimitNs = 1_000_000_000;
/** Steps behind which another image may run than before. */
const restarting = ['reset', 'switch on', 'wait for a watchdog'];

export class Patient {
  readonly board: Board;
  readonly scenario: Scenario;
  private readonly images: Images;
  private readonly start: Snapshot;
  private readonly operator: Operator;
  private recovery: Recovery = { resets: 0, tookNs: 0, handovers: [], failure: undefined };
  /** What the board did since the last cut was set up. */
  readonly records: LogRecord[] = [];
  /** Flash operations since power-on: start and end, as times after it. */
  private operations: [number, number][] = [];
  private powerOnNs = 0;

  constructor(board: Board, scenario: Scenario, images: Images, start: Snapshot) {
    this.board = board;
    this.scenario = scenario;
    this.images = images;
    this.start = start;
    this.operator = new Operator(board);
    board.onLog = (record) => this.onLog(record);
  }

  /** Bus accesses of the bootloader from where it begins to where it hands over or rests. */
  countAccesses(before: Snapshot): number {
    this.board.restore(before);
    this.board.cutPowerAtAccess(farAccess);
    this.board.runFor(1);
    return farAccess - this.board.accessesToCut;
  }

  /** Goes to a point and loses power there. `chance` decides what the cut leaves where the point does not say. */
  cut({ before, cut, name }: Point, chance: number): void {
    const { board } = this;
    this.records.length = 0;
    board.restore(before);
    // Another place in the board's own sequence of chance for each point.
    for (let draws = chance & 63; draws > 0; draws--) board.machine.random();
    if ('atAccess' in cut) {
      board.cutPowerAtAccess(cut.atAccess);
      board.runFor(1);
    } else {
      board.flash.chooseTear(cut.tear);
      const at = Math.max(cut.atNs, board.now);
      board.cutPowerAt(at);
      board.runUntil(at + 1);
      board.flash.chooseTear(undefined);
    }
    if (board.state !== 'off') throw new Error(`${this.scenario.name}: power was not cut at '${name}'`);
  }

  /** Powers on, and cuts again so long after. */
  cutRecovery(afterNs: number, tear: string | undefined): void {
    const { board } = this;
    board.flash.chooseTear(tear);
    board.powerOn();
    board.cutPowerAt(board.now + afterNs);
    board.runFor(Math.min(afterNs + 1, cutLimitNs));
    board.flash.chooseTear(undefined);
    if (board.state !== 'off') throw new Error(`${this.scenario.name}: power was not cut ${afterNs} ns after power-on`);
  }

  /** Powers on, and waits until it rests and answers, or until that has taken too long. */
  recover(): { recovery: Recovery; operations: [number, number][] } {
    const { board, operator } = this;
    this.recovery = { resets: 0, tookNs: 0, handovers: [], failure: undefined };
    this.operations = [];
    this.powerOnNs = board.now;
    board.powerOn();
    try {
      settle(operator, 4 * reachLimitNs);
      operator.echo();
      this.recovery.tookNs = board.now - this.powerOnNs;
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
      this.recovery.failure = failure.message;
    }
    // A copy: the story that goes on from here has operations of its own.
    return { recovery: this.recovery, operations: this.operations.slice() };
  }

  judge(recovery: Recovery, boots: readonly Outcome[]): Finding[] {
    return judge(this.board, recovery, this.scenario, boots, this.images);
  }

  fingerprint(): string | undefined {
    return fingerprint(this.board, this.start.flash);
  }

  /** What must follow a good recovery: a trial nobody confirms falls back, and the story, begun again, succeeds. */
  goOn(recovery: Recovery): Finding[] {
    const { board, scenario, images } = this;
    const runs = runningNow(board, recovery);
    try {
      if (scenario.keeps !== undefined && runs === scenario.goal && !isConfirmed(board, scenario.goal, images))
        this.fallBack();
      this.repeat(runs);
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
      return [{ invariant: 'repeatable', text: failure.message }];
    }
    const end = this.recover().recovery;
    return this.judge(end, [scenario.goal]);
  }

  private fallBack(): void {
    const settled = this.board.snapshot();
    act(this.operator, { do: 'reset' }, this.images);
    const runs = runningNow(this.board, this.recovery);
    if (runs !== this.scenario.keeps)
      throw new StoryFailed(`a trial nobody confirmed ended with ${runs} running, not ${this.scenario.keeps}`);
    this.board.restore(settled);
    this.recovery.handovers.pop();
  }

  /** From the first step; or where the goal runs already, from behind the step that made it run. Ends without power. */
  private repeat(runs: Outcome | undefined): void {
    const { scenario, images, operator } = this;
    const restart = scenario.steps.findLastIndex((step) => restarting.includes(step.do));
    const steps = runs === scenario.goal ? scenario.steps.slice(restart + 1) : scenario.steps;
    for (const step of steps) if (step.do !== 'switch on') act(operator, step, images);
    const now = runningNow(this.board, this.recovery);
    if (now !== scenario.goal) throw new StoryFailed(`the story, begun again, ended with ${now} running`);
    if (!isConfirmed(this.board, scenario.goal, images))
      throw new StoryFailed(`the story, begun again, ended with ${scenario.goal} not confirmed`);
    this.board.cutPower();
  }

  private onLog(record: LogRecord): void {
    const { kind, timeNs, a } = record;
    this.records.push(record);
    if (kind === LogKind.RESET) this.recovery.resets++;
    if (kind === LogKind.HANDOVER) this.recovery.handovers.push(lookAtHandover(this.board, a, this.images));
    const sincePowerOn = timeNs - this.powerOnNs;
    if (kind === LogKind.FLASH_START) this.operations.push([sincePowerOn, sincePowerOn]);
    const last = this.operations.at(-1);
    if (kind === LogKind.FLASH_DONE && last) last[1] = sincePowerOn;
  }
}
