// The board under the sweep: cut here, recovered, and led on from there, again and again on one board by snapshots.

import type { Board } from '../../../host/board/board.ts';
import { nsPerCycle } from '../../../host/board/clock.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { act, settle } from '../device/actions.ts';
import type { Images } from '../device/images.ts';
import { addRecord, type Cut, chooseTear, type Operation } from '../device/operations.ts';
import { type Operator, StoryFailed } from '../device/operator.ts';
import { type Finding, reachLimitNs } from '../invariants.ts';
import { isConfirmed, lookAtCore, lookAtHandover, type Recovery, runningNow } from './judge.ts';
import type { Point } from './points.ts';
import type { Outcome, Scenario } from './scenarios.ts';
import { operatorOf } from './story.ts';

const farAccess = 0x7fff_ffff;
/** Before it, a cut that is armed has come. */
const cutLimitNs = 1_000_000_000;
/** Steps behind which another image may run than before. */
const restarting = ['reset', 'switch on', 'hang', 'wait for a watchdog'];

export class Patient {
  readonly board: Board;
  readonly scenario: Scenario;
  /** What the board did since it was last brought to a point. */
  readonly records: LogRecord[] = [];
  private readonly images: Images;
  private readonly operator: Operator;
  private recovery: Recovery = noRecovery();
  /** Since power-on, with times after it. */
  private operations: Operation[] = [];
  private powerOnNs = 0;

  constructor(board: Board, scenario: Scenario, images: Images) {
    this.board = board;
    this.scenario = scenario;
    this.images = images;
    this.operator = operatorOf(scenario, board, images);
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
    this.draw(chance);
    if ('atNs' in cut) this.cutAt(cut, Math.max(cut.atNs, board.now));
    else {
      board.cutPowerAtAccess(cut.atAccess);
      board.runFor(1);
      if (cut.cyclesLater > 0) this.cutLater(before, board.now + cut.cyclesLater * nsPerCycle, chance);
    }
    if (board.state !== 'off') throw new Error(`${this.scenario.name}: power was not cut at '${name}'`);
  }

  /** Powers on a board that has none, and cuts again: `cut` counts from there. */
  cutRecovery(off: Snapshot, cut: Cut, chance: number): void {
    const { board } = this;
    board.restore(off);
    this.draw(chance);
    board.powerOn();
    this.cutAt(cut, board.now + cut.atNs);
    if (board.state !== 'off') throw new Error(`${this.scenario.name}: power was not cut at '${cut.name}'`);
  }

  /** Powers on, and waits until it rests and answers, or until that has taken too long. */
  recover(): { recovery: Recovery; operations: Operation[] } {
    const { board, operator } = this;
    this.recovery = noRecovery();
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
    const last = this.recovery.handovers.at(-1);
    if (last && board.state === 'firmware') lookAtCore(board, last, this.images);
    // The story that goes on from here has operations of its own.
    const operations = this.operations.filter(({ endNs }) => endNs !== 0);
    return { recovery: this.recovery, operations };
  }

  /** What must follow a good recovery: a trial nobody confirms falls back, and the story, begun again, succeeds. Ends without power. */
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
    return [];
  }

  private cutAt({ tear }: Cut, atNs: number): void {
    const { board } = this;
    chooseTear(board, tear);
    board.cutPowerAt(atNs);
    board.runUntil(Math.min(atNs + 1, board.now + cutLimitNs));
    chooseTear(board, undefined);
  }

  /** The same again, to a time a little later than the access that was cut at. */
  private cutLater(before: Snapshot, atNs: number, chance: number): void {
    this.board.restore(before);
    this.draw(chance);
    this.cutAt({ name: '', atNs }, atNs);
  }

  /** Another place in the board's own sequence of chance. */
  private draw(chance: number): void {
    for (let draws = chance & 63; draws > 0; draws--) this.board.machine.random();
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

  /** From the first step; or where the goal runs already, from behind the step that made it run. */
  private repeat(runs: Outcome | undefined): void {
    const { scenario, images, operator } = this;
    const restart = scenario.steps.findIndex(
      ({ do: what, boots }) => restarting.includes(what) && boots.includes(scenario.goal),
    );
    const steps = runs === scenario.goal ? scenario.steps.slice(restart + 1) : scenario.steps;
    if (this.isInTheWay(runs)) act(operator, { do: 'reset' }, images);
    for (const step of steps) if (step.do !== 'switch on') act(operator, step, images);
    const now = runningNow(this.board, this.recovery);
    if (now !== scenario.goal) throw new StoryFailed(`the story, begun again, ended with ${now} running`);
    if (!isConfirmed(this.board, scenario.goal, images))
      throw new StoryFailed(`the story, begun again, ended with ${scenario.goal} not confirmed`);
    this.board.cutPower();
  }

  /** A trial of something else refuses an upload: who begins the story again ends it first. */
  private isInTheWay(runs: Outcome | undefined): boolean {
    const { scenario, board, images } = this;
    if (runs === undefined || runs === 'safe mode' || runs === scenario.goal) return false;
    return scenario.steps.some((step) => step.do === 'upload') && !isConfirmed(board, runs, images);
  }

  private onLog(record: LogRecord): void {
    const { kind, timeNs, a } = record;
    this.records.push(record);
    if (kind === LogKind.RESET) this.recovery.resets++;
    if (kind === LogKind.HANDOVER) this.recovery.handovers.push(lookAtHandover(this.board, a, this.images));
    addRecord(this.operations, { ...record, timeNs: timeNs - this.powerOnNs });
  }
}

function noRecovery(): Recovery {
  return { resets: 0, tookNs: 0, handovers: [], failure: undefined };
}
