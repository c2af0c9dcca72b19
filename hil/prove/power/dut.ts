// The device under test of the sweep: cut here, recovered, and led on from there, again and again on one board by snapshots.
//
//   cut             to the point, where power goes: from a snapshot, or without the core from where the operation began
//   recall, run     power comes, and the boot is known or run: recall.ts
//   cutRecovery     power comes, and goes again in the middle of that boot. Of a known boot only the flash and fuse operations are played
//
// What must stay true: a board whose boot was not run is not asked how it ended; `Recovered` says so.

import type { Board } from '../../../host/board/board.ts';
import { nsPerCycle } from '../../../host/board/clock.ts';
import { EventKind } from '../../../host/board/device.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { settle } from '../device/actions.ts';
import { differenceOf } from '../device/change.ts';
import type { Images } from '../device/images.ts';
import { type Known, knownOf, storyImages } from '../device/known.ts';
import type { KnownBoot, KnownBoots } from '../device/known-boots.ts';
import { type Cut, chooseTear } from '../device/operations.ts';
import type { Operator } from '../device/operator.ts';
import { cutBeside, playTo } from '../device/playback.ts';
import { type Finding, reachLimitNs } from '../invariants.ts';
import type { Recovery } from './judge.ts';
import type { Point } from './points.ts';
import { logWith, Recall } from './recall.ts';
import type { Recovered } from './recovered.ts';
import type { Scenario } from './scenario.ts';
import { operatorOf } from './story.ts';
import { StoryAgain } from './story-again.ts';

const farAccess = 0x7fff_ffff;
/** Before it, a cut that is armed has come. */
const cutLimitNs = 1_000_000_000;
/** The device without power, to come back to. */
export interface Off {
  snapshot: Snapshot;
  /** How much of `records` leads here. */
  logged: number;
}

export class DeviceUnderTest {
  readonly board: Board;
  readonly scenario: Scenario;
  /** What the board did since it was last brought to a point. */
  readonly records: LogRecord[] = [];
  private readonly images: Images;
  private readonly operator: Operator;
  private readonly power: Recall;
  private readonly again: StoryAgain;
  private held: Snapshot | undefined;
  /** Called when a cut is due, before it tears anything. */
  private onCut: (() => void) | undefined;

  constructor(board: Board, scenario: Scenario, images: Images, boots: KnownBoots) {
    this.board = board;
    this.scenario = scenario;
    this.images = images;
    this.operator = operatorOf(scenario, board, images);
    this.again = new StoryAgain(this.operator, scenario, images);
    const rest = () => {
      settle(this.operator, 4 * reachLimitNs);
      this.operator.echo();
    };
    this.power = new Recall(board, images, boots, rest);
    board.onLog = (record) => this.onLog(record);
  }

  /** Bus accesses of the bootloader from where it begins to where it hands over or rests. */
  countAccesses(before: Snapshot): number {
    this.board.restore(before);
    this.board.cutPowerAtAccess(farAccess);
    this.board.runFor(1);
    return farAccess - this.board.accessesToCut;
  }

  /**
   * Goes to a point and loses power there. `chance` decides what the cut leaves where the point does not say. `isRun`: also where the core need
   * not run.
   */
  cut(point: Point, chance: number, isRun = false): void {
    const { cut, begun } = point;
    if (isRun || begun === undefined || !('atNs' in cut)) {
      this.runTo(point, chance);
      return;
    }
    this.records.length = 0;
    cutBeside(this.board, begun, cut, () => this.draw(chance));
  }

  /** Cuts by a run what `cut` played, and says where it left something else. Ends with what the run left. */
  pointAfterAll(point: Point, chance: number): Finding[] {
    return this.heldAgainst(point.name, () => this.runTo(point, chance));
  }

  private runTo({ before, cut, name }: Point, chance: number): void {
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

  /** Where it is now, without power. It is good until the next call. */
  hold(): Off {
    this.held = this.board.snapshot(this.held);
    return { snapshot: this.held, logged: this.records.length };
  }

  /**
   * Powers on a board that has none, and cuts again: `cut` counts from there. `boot`: the one that began at `off`, where it was seen. The boot that
   * is cut is that very boot, chance and all; `chance` has a say from the cut on.
   */
  cutRecovery({ snapshot, logged }: Off, cut: Cut, chance: number, boot?: KnownBoot): void {
    const { board } = this;
    board.restore(snapshot);
    this.records.length = logged;
    const atPowerOn = board.machine.chance.slice();
    this.onCut = () => {
      board.machine.chance.set(atPowerOn);
      this.draw(chance);
    };
    board.powerOn();
    if (boot === undefined) this.cutAt(cut, board.now + cut.atNs);
    else {
      chooseTear(board, cut.tear);
      playTo(board, boot, cut.atNs, this.onCut);
      chooseTear(board, undefined);
    }
    this.onCut = undefined;
    if (board.state !== 'off') throw new Error(`${this.scenario.name}: power was not cut at '${cut.name}'`);
  }

  /** Cuts by a run what `cutRecovery` played, and says where it left something else. Ends with what the run left. */
  cutAfterAll(off: Off, cut: Cut, chance: number): Finding[] {
    return this.heldAgainst(cut.name, () => this.cutRecovery(off, cut, chance));
  }

  /** What is wrong where a run leaves something else than what was played. */
  private heldAgainst(name: string, run: () => void): Finding[] {
    const played = this.power.held();
    const { board } = this;
    const left = { machine: { flash: { picture: () => played.flash } }, fuses: played.fuses };
    board.processor.withEveryCall(run);
    const text = differenceOf(left, board);
    if (text === undefined) return [];
    return [{ invariant: 'shared', text: `cut at '${name}', what was played left other ${text} than a run` }];
  }

  /** Powers on. What comes of it, where the boot is known; where it is not, `run` is to follow. */
  recall(): Recovered | undefined {
    this.operator.startOver();
    return this.power.powerOn();
  }

  /** Waits until the boot that power has begun rests and answers, or until that has taken too long. Writes it down for others. */
  run(): Recovered {
    return this.power.run(this.records);
  }

  /** Runs a boot that was shared: what was said of it must be so. */
  runAfterAll(said: Recovered): Recovered {
    return this.power.runAfterAll(said, this.records);
  }

  /** What must follow a good recovery that was run: see story-again.ts. Ends without power. */
  goOn(recovery: Recovery): Finding[] {
    return this.again.check(recovery);
  }

  /** What it held when power came last, as far as promises hang on it. */
  knownBefore(): Known {
    const { flash, fuses } = this.power.before;
    const device = { machine: { flash: { picture: () => flash } }, fuses };
    return knownOf(device, storyImages(device, this.images));
  }

  /** What the board did since it was last brought to a point, with the last boot in it also where that was shared and not run. */
  recordsWith(boot: KnownBoot | undefined): readonly LogRecord[] {
    return logWith(this.records, boot);
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

  private onLog(record: LogRecord): void {
    const { kind, a } = record;
    this.records.push(record);
    if (kind === LogKind.EVENT && a === EventKind.POWER_CUT) this.onCut?.();
    this.power.onLog(record);
  }
}
