// The device under test of the sweep: cut here, recovered, and led on from there, again and again on one board by snapshots.
//
//   cut             from a snapshot to the point, where power goes
//   recall          power comes. A boot that is known (device/known-boots.ts) need not be run: its ending is put on what this device holds
//   run             runs a boot that is not known
//   runAfterAll     runs such a boot all the same, and holds it against what was said of it
//   cutRecovery     power comes, and goes again in the middle of that boot. Of a known boot only the flash and fuse operations are played
//
// What must stay true: a board whose boot was not run is not asked how it ended; `Recovered` says so.

import type { Board } from '../../../host/board/board.ts';
import { nsPerCycle } from '../../../host/board/clock.ts';
import { EventKind } from '../../../host/board/device.ts';
import type { FlashPicture } from '../../../host/board/flash-array.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { settle } from '../device/actions.ts';
import { BootRun } from '../device/boot-run.ts';
import { isWeak, type Remains } from '../device/cells.ts';
import { changed, differenceOf } from '../device/change.ts';
import type { Images } from '../device/images.ts';
import { type Known, knownOf, storyImages } from '../device/known.ts';
import type { KnownBoot, KnownBoots } from '../device/known-boots.ts';
import { type Cut, chooseTear } from '../device/operations.ts';
import { type Operator, StoryFailed } from '../device/operator.ts';
import { playTo } from '../device/playback.ts';
import { type Finding, reachLimitNs } from '../invariants.ts';
import { lookAtCore, lookAtHandover, noRecovery, type Recovery, slotAddresses } from './judge.ts';
import type { Point } from './points.ts';
import type { Recovered } from './recovered.ts';
import type { Scenario } from './scenarios.ts';
import { whatDiffers } from './sharing-check.ts';
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
  private readonly boots: KnownBoots;
  private readonly again: StoryAgain;
  private recovery: Recovery = noRecovery();
  private running: BootRun | undefined;
  private powerOnNs = 0;
  /** Called when a cut is due, before it tears anything. */
  private onCut: (() => void) | undefined;
  private isKnown = false;
  /** What it held when power came last. */
  private before: { flash: FlashPicture; fuses: Remains['fuses'] };

  constructor(board: Board, scenario: Scenario, images: Images, boots: KnownBoots) {
    this.board = board;
    this.scenario = scenario;
    this.images = images;
    this.boots = boots;
    this.operator = operatorOf(scenario, board, images);
    this.again = new StoryAgain(this.operator, scenario, images);
    this.before = this.held();
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

  /** Where it is now, without power. */
  hold(): Off {
    return { snapshot: this.board.snapshot(), logged: this.records.length };
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
    const played = this.held();
    const { board } = this;
    const left = { machine: { flash: { picture: () => played.flash } }, fuses: played.fuses };
    this.cutRecovery(off, cut, chance);
    const text = differenceOf(left, board);
    return text === undefined
      ? []
      : [
          {
            invariant: 'shared',
            text: `cut at '${cut.name}', a known boot that was played left other ${text} than a run`,
          },
        ];
  }

  /** Powers on. What comes of it, where the boot is known; where it is not, `run` is to follow. */
  recall(): Recovered | undefined {
    const { board, boots } = this;
    this.recovery = noRecovery();
    this.operator.startOver();
    this.powerOnNs = board.now;
    this.before = this.held();
    board.powerOn();
    const known = boots.find(board);
    this.isKnown = known !== undefined;
    return known && this.share(known);
  }

  /** Waits until the boot that power has begun rests and answers, or until that has taken too long. Writes it down for others. */
  run(): Recovered {
    const { board, operator, boots, records } = this;
    const begun = records.slice(records.findLastIndex(({ kind }) => kind === LogKind.POWER_ON));
    const boot = new BootRun(board, boots, begun);
    this.running = boot;
    try {
      settle(operator, 4 * reachLimitNs);
      operator.echo();
      this.recovery.tookNs = board.now - this.powerOnNs;
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
      this.recovery.failure = failure.message;
    } finally {
      this.running = undefined;
    }
    return this.recovered(boot);
  }

  /** Runs a boot that was shared: what was said of it must be so. */
  runAfterAll(said: Recovered): Recovered {
    if (!said.shared) return said;
    const seen = this.run();
    const text = whatDiffers(said, seen);
    if (text !== undefined) seen.findings.push({ invariant: 'shared', text });
    return seen;
  }

  /** What must follow a good recovery that was run: see story-again.ts. Ends without power. */
  goOn(recovery: Recovery): Finding[] {
    return this.again.check(recovery);
  }

  /** What it held when power came last, as far as promises hang on it. */
  knownBefore(): Known {
    const { flash, fuses } = this.before;
    const device = { machine: { flash: { picture: () => flash } }, fuses };
    return knownOf(device, storyImages(device, this.images));
  }

  /** What the board did since it was last brought to a point, with the last boot in it also where that was shared and not run. */
  recordsWith(boot: KnownBoot | undefined): readonly LogRecord[] {
    const begun = this.records.findLastIndex(({ kind }) => kind === LogKind.POWER_ON);
    if (boot === undefined || begun < 0) return this.records;
    const powerOnNs = this.records[begun].timeNs;
    const whole = boot.records.map((record) => ({ ...record, timeNs: record.timeNs + powerOnNs }));
    return [...this.records.slice(0, begun), ...whole];
  }

  private held(): { flash: FlashPicture; fuses: Remains['fuses'] } {
    const { cells, weak } = this.board.fuses;
    return { flash: this.board.machine.flash.picture(), fuses: { cells: cells.slice(), weak: weak.slice() } };
  }

  /** The ending of a known boot on what this device held; undefined where only a run can tell what the core was given. */
  private share(boot: KnownBoot): Recovered | undefined {
    const { before } = this;
    const ending = changed(before, boot.change, boot);
    const handovers = boot.handovers.map(({ address, change }) => {
      const then = change === boot.change ? ending : changed(before, change, boot);
      return lookAtHandover(then, address, this.images);
    });
    const last = handovers.at(-1);
    const unsure = last?.image === undefined && boot.state === 'firmware';
    if (last && unsure && isWeak(ending, slotAddresses[last.slot], MemoryMap.SLOT_SIZE)) return undefined;
    const { resets, tookNs, failure, records, operations } = boot;
    const recovery = { resets, tookNs, failure, handovers };
    return { recovery, ending, records, operations, boot, firm: true, shared: true, findings: [] };
  }

  /** What came of a boot that was run. */
  private recovered(run: BootRun): Recovered {
    const { board, recovery, images } = this;
    const boot = run.end(recovery);
    const last = recovery.handovers.at(-1);
    if (last && board.state === 'firmware') lookAtCore(board, last, images);
    const contradiction = run.isFirm && !this.isKnown ? run.keep(boot) : undefined;
    const findings: Finding[] = contradiction === undefined ? [] : [{ invariant: 'shared', text: contradiction }];
    return {
      ...{ recovery, ending: board, records: boot.records, operations: boot.operations },
      ...{ boot, firm: run.isFirm, shared: false, findings },
    };
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
    if (kind === LogKind.RESET) this.recovery.resets++;
    if (kind === LogKind.HANDOVER) this.recovery.handovers.push(lookAtHandover(this.board, a, this.images));
    this.running?.onLog(record);
  }
}
