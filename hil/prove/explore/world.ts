// The device of the search: put into a state, moved, cut in the middle of a move, examined.
//
//   put -> move --> at rest: the board itself
//            '----> cut, from a moment before it (moments.ts) -> power comes back -> at rest: the board, or what a known boot leaves (power/recall.ts)
//
// What must stay true: after a cut, code reads `device` and never the board, because the boot of the board may not have been run.

import type { Board } from '../../../host/board/board.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { counterInFuses } from '../../../host/tools/image/security-counter.ts';
import { RESET } from '../../../protocol/generated/registers.ts';
import { Handover as HandoverPlace } from '../../../protocol/handover.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { settle } from '../device/actions.ts';
import { AgentOperator } from '../device/agent-operator.ts';
import type { Ending } from '../device/change.ts';
import { type ImageName, type Images, publicKeys } from '../device/images.ts';
import { bootState } from '../device/journal.ts';
import { type Known, knownOf, storyImages } from '../device/known.ts';
import type { KnownBoots } from '../device/known-boots.ts';
import { addRecord, type Cut, chooseTear, type Operation } from '../device/operations.ts';
import { StoryFailed } from '../device/operator.ts';
import { rowIn } from '../device/told.ts';
import { imageIn } from '../device/window.ts';
import type { Finding } from '../invariants.ts';
import { bootableImages, type Handover, lookAtHandover } from '../power/judge.ts';
import { logWith, Recall } from '../power/recall.ts';
import type { Recovered } from '../power/recovered.ts';
import type { Row } from '../promises.ts';
import type { Model } from './models.ts';
import { type Moment, Moments } from './moments.ts';
import { stateOf, type WindowOptions } from './state.ts';

/** A move that was done without a cut. */
interface Moved {
  records: LogRecord[];
  handovers: Handover[];
  endNs: number;
  /** Does it again. */
  again(): void;
}

export class World {
  readonly board: Board;
  readonly images: Images;
  readonly operator: AgentOperator;
  /** What is wrong with having shared a boot. */
  readonly findings: Finding[] = [];
  private readonly records: LogRecord[] = [];
  private readonly seenOperations: Operation[] = [];
  private readonly seenHandovers: Handover[] = [];
  private readonly window: WindowOptions;
  /** The image that was uploaded last, to its end, before it was put into a state. */
  private finishedBefore: ImageName | undefined;
  private readonly moments: Moments;
  private readonly recall: Recall;
  /** The boot that power came back with after a cut, where it is known and was not run. */
  private shared: Recovered | undefined;
  /** Of the move that was done last, uncut. */
  private moved: Moved | undefined;

  constructor(board: Board, images: Images, boots: KnownBoots, window: WindowOptions) {
    this.window = window;
    this.board = board;
    this.images = images;
    this.operator = new AgentOperator(board, images);
    this.moments = new Moments(board, this.seenOperations);
    this.recall = new Recall(board, images, boots, () => settle(this.operator));
    board.onLog = (record) => this.onLog(record);
  }

  /** As it leaves the factory, switched on for the first time. */
  start({ factory }: Model, bootloader: Uint8Array): void {
    const slots = factory ? { A: this.images[factory] } : {};
    this.board.provision({ bootloader, keys: publicKeys, slots });
    this.operator.deliver();
    this.powerOn();
  }

  put(snapshot: Snapshot, finished?: ImageName): void {
    this.board.restore(snapshot);
    this.finishedBefore = finished;
    this.operator.startOver();
    this.shared = undefined;
    this.moved = undefined;
    for (const list of [this.records, this.seenOperations, this.seenHandovers, this.findings]) list.length = 0;
  }

  /** Does a move from `from`, where it was put, so that it can be cut afterwards. Lets StoryFailed through. */
  move(name: string, work: () => void, from: Snapshot): void {
    this.moments.begin(name);
    const again = () => {
      this.put(from, this.finishedBefore);
      this.moments.begin(name);
      try {
        this.followed(work, again);
      } catch (failure) {
        if (!(failure instanceof StoryFailed)) throw failure;
      }
    };
    this.followed(work, again);
  }

  /** The cuts of the move that was done last, all of which are made next. */
  expectCuts(cuts: readonly Cut[]): void {
    const { again, endNs } = this.lastMove;
    const timesNs = cuts.map(({ atNs }) => atNs).filter((atNs) => atNs <= endNs);
    if (!this.moments.want(timesNs)) again();
  }

  /** Takes power away in the move that was done last, and gives it back. False where the move is over before. Lets StoryFailed through. */
  cut({ atNs, tear }: Cut): boolean {
    const { board } = this;
    const { records, handovers, endNs } = this.lastMove;
    if (atNs > endNs) return false;
    const { snapshot, logged, handedOver } = this.momentBefore(atNs);
    board.restore(snapshot);
    this.shared = undefined;
    this.findings.length = 0;
    this.records.splice(0, this.records.length, ...records.slice(0, logged));
    this.seenHandovers.splice(0, this.seenHandovers.length, ...handovers.slice(0, handedOver));
    chooseTear(board, tear);
    board.cutPowerAt(atNs);
    board.runUntil(atNs + 1);
    chooseTear(board, undefined);
    if (board.state !== 'off') throw new Error(`no cut came at ${atNs} ns of a move that ends at ${endNs} ns`);
    this.operator.startOver();
    const known = this.recall.powerOn();
    if (known?.recovery.failure === undefined) this.shared = known;
    if (this.shared === undefined) this.rest(known);
    return true;
  }

  /** Power comes, and its boot is run. */
  powerOn(): void {
    this.rest(this.recall.powerOn());
  }

  cyclePower(): void {
    this.board.cutPower();
    this.powerOn();
  }

  /** Runs the boot that was shared: what was said of it must be so. */
  runAfterAll(): void {
    const { shared } = this;
    this.shared = undefined;
    if (shared) this.rest(shared);
  }

  /** Whether the boot it came back with is known and was not run. */
  get isShared(): boolean {
    return this.shared !== undefined;
  }

  /** At rest. */
  get device(): Ending {
    return this.shared?.ending ?? this.board;
  }

  /** Whether it waits for what comes. */
  get isAtRest(): boolean {
    const { board, device } = this;
    if (device.state !== 'firmware' && device.state !== 'bootloader') return false;
    return this.shared !== undefined || board.nextEventTime > board.now;
  }

  /** Since it was put into a state. */
  get log(): readonly LogRecord[] {
    return logWith(this.records, this.shared?.boot);
  }

  /** Those that ended. */
  get operations(): Operation[] {
    return this.seenOperations.filter(({ endNs }) => endNs !== 0);
  }

  get handovers(): readonly Handover[] {
    return this.shared ? [...this.seenHandovers, ...this.shared.recovery.handovers] : this.seenHandovers;
  }

  /** Resets in a row, as the chip counts them. */
  get row(): Row {
    return rowIn(this.rowRegister);
  }

  /** The window of the search. */
  stateWith(finished: ImageName | undefined): string {
    return stateOf(this.device, { row: this.rowRegister, finished }, this.images, this.window);
  }

  /** The image that was uploaded last since the device booted. `uploads`: what was uploaded to its end since it was put into a state. */
  finished(uploads: ImageName | undefined): ImageName | undefined {
    return this.booted() === undefined ? (uploads ?? this.finishedBefore) : undefined;
  }

  /** Whether firmware runs, and, if so, whether its image is confirmed. */
  runs(): 'confirmed' | 'on trial' | undefined {
    const { device } = this;
    if (device.state !== 'firmware') return undefined;
    return bootState(device)?.slots[this.runningSlot()].state === SlotState.CONFIRMED ? 'confirmed' : 'on trial';
  }

  /** While firmware runs. */
  runningSlot(): number {
    const { shared, board } = this;
    return shared?.recovery.handovers.at(-1)?.slot ?? board.machine.peek(RESET, 'MAILBOX', HandoverPlace.SLOT);
  }

  imageIn(slot: number): ImageName | undefined {
    return imageIn(this.device, slot, this.images);
  }

  holds(image: ImageName): boolean {
    return this.imageIn(0) === image || this.imageIn(1) === image;
  }

  known(): Known {
    return knownOf(this.device, storyImages(this.device, this.images));
  }

  /** What it runs, where it booted since it was put into a state; a slot, or safe mode. */
  booted(): number | 'safe mode' | undefined {
    if (!this.records.some(({ kind }) => kind === LogKind.RESET)) return undefined;
    if (this.device.state === 'bootloader') return 'safe mode';
    return this.device.state === 'firmware' ? this.runningSlot() : undefined;
  }

  /** Images that are confirmed and whole, and that no fuse keeps out. */
  bootable(): ImageName[] {
    return bootableImages(this.device, this.images);
  }

  /** The security counter in the fuses. */
  counter(): number {
    const { cells } = this.device.fuses;
    return counterInFuses(cells.slice(Fuse.SECURITY_COUNTER, Fuse.SECURITY_COUNTER + Fuse.SECURITY_COUNTER_WORDS));
  }

  private get lastMove(): Moved {
    if (this.moved === undefined) throw new Error('only a move that was done can be cut');
    return this.moved;
  }

  private momentBefore(timeNs: number): Moment {
    const found = this.moments.before(timeNs);
    if (found === undefined) throw new Error(`no moment was kept before ${timeNs} ns, where a cut is to be`);
    return found;
  }

  /** Keeps moments of what is done. */
  private followed(work: () => void, again: () => void): void {
    const { board, operator, moments, records, seenHandovers } = this;
    operator.beforeStep = () => moments.beforeStep(records.length, seenHandovers.length);
    try {
      work();
    } finally {
      operator.beforeStep = undefined;
      this.moved = { records: records.slice(), handovers: seenHandovers.slice(), endNs: board.now, again };
    }
  }

  private get rowRegister(): number {
    return this.shared?.boot.row ?? this.board.machine.peek(RESET, 'RESETS_IN_A_ROW');
  }

  /** Runs the boot that began, and holds it against what was said of it, if anything was. */
  private rest(said: Recovered | undefined): void {
    const { recall, records, seenHandovers } = this;
    const { recovery, findings } = said ? recall.runAfterAll(said, records) : recall.run(records);
    const { handovers, failure } = recovery;
    // Where chance had a say in what the core was given, only a look at the core tells.
    seenHandovers.splice(seenHandovers.length - handovers.length, handovers.length, ...handovers);
    this.findings.push(...findings);
    if (failure !== undefined) throw new StoryFailed(failure);
  }

  private onLog(record: LogRecord): void {
    this.records.push(record);
    addRecord(this.seenOperations, record);
    if (record.kind === LogKind.HANDOVER) this.seenHandovers.push(lookAtHandover(this.board, record.a, this.images));
    this.recall.onLog(record);
  }
}
