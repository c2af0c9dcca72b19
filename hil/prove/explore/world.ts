// The device of the search: put into a state, moved, cut in the middle of a move, examined.
//
//   put -> move --> at rest: the board itself
//            '----> cut beside one of its operations (device/playback.ts) -> power comes back -> at rest: the board, or what a known boot leaves (power/recall.ts)
//
// What must stay true: after a cut, code reads `device` and never the board, because the boot of the board may not have been run.

import type { Board } from '../../../host/board/board.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { RESET } from '../../../protocol/generated/registers.ts';
import { Handover as HandoverPlace } from '../../../protocol/handover.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { settle } from '../device/actions.ts';
import { AgentOperator } from '../device/agent-operator.ts';
import type { Remains } from '../device/cells.ts';
import { differenceOf, type Ending } from '../device/change.ts';
import { factsOf } from '../device/fuse-facts.ts';
import { type ImageName, type Images, publicKeys } from '../device/images.ts';
import { bootState } from '../device/journal.ts';
import { type Known, knownOf, storyImages } from '../device/known.ts';
import type { KnownBoots } from '../device/known-boots.ts';
import { addRecord, type Cut, chooseTear, type Operation } from '../device/operations.ts';
import { StoryFailed } from '../device/operator.ts';
import { cutBeside } from '../device/playback.ts';
import { rowIn } from '../device/told.ts';
import { imageIn } from '../device/window.ts';
import type { Finding } from '../invariants.ts';
import { bootableImages, type Handover, lookAtHandover } from '../power/judge.ts';
import { logWith, Recall } from '../power/recall.ts';
import type { Recovered } from '../power/recovered.ts';
import type { Row } from '../promises.ts';
import type { Model } from './models.ts';
import { BegunOperations, type Moved } from './moved.ts';
import { stateOf, type WindowOptions } from './state.ts';

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
  private readonly recall: Recall;
  /** The boot that power came back with after a cut, where it is known and was not run. */
  private shared: Recovered | undefined;
  /** Of the move that was done last, uncut. */
  private moved: Moved | undefined;
  /** While a move is done uncut. */
  private isMoving = false;
  private readonly begun: BegunOperations;

  constructor(board: Board, images: Images, boots: KnownBoots, window: WindowOptions) {
    this.window = window;
    this.board = board;
    this.images = images;
    this.operator = new AgentOperator(board, images);
    this.begun = new BegunOperations(board);
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
    const { board, begun, records, seenHandovers } = this;
    begun.start(name);
    this.isMoving = true;
    try {
      work();
    } finally {
      this.isMoving = false;
      this.moved = { name, work, from, records: [...records], handovers: [...seenHandovers], endNs: board.now };
    }
  }

  /** The cuts of the move that was done last, all of which are made next. */
  expectCuts(cuts: readonly Cut[]): void {
    const { name, work, from, endNs } = this.lastMove;
    if (this.begun.want(cuts.filter(({ atNs }) => atNs <= endNs))) return;
    this.put(from, this.finishedBefore);
    this.ended(() => this.move(name, work, from));
  }

  /**
   * Takes power away in the move that was done last, and gives it back. False where the move is over before. `isChecked`: the move is done again,
   * with the cut, and must leave the same. Lets StoryFailed through.
   */
  cut(cut: Cut, isChecked: boolean): boolean {
    const { operator, findings, board } = this;
    if (cut.atNs > this.lastMove.endNs) return false;
    findings.length = 0;
    const run = isChecked ? this.leftByRun(cut) : undefined;
    this.play(cut);
    const text = run && differenceOf(run, board);
    if (text !== undefined)
      findings.push({
        invariant: 'shared',
        text: `cut at '${cut.name}', what was played left other ${text} than a run`,
      });
    operator.startOver();
    const known = this.recall.powerOn();
    if (known?.recovery.failure === undefined) this.shared = known;
    if (this.shared === undefined) this.rest(known);
    return true;
  }

  /** Cuts in the move that was done last, without running it: the board has no power then. */
  private play(cut: Cut): void {
    const { board, begun, records, seenHandovers, seenOperations } = this;
    const { records: all, handovers } = this.lastMove;
    for (const list of [records, seenOperations, seenHandovers]) list.length = 0;
    this.shared = undefined;
    cutBeside(board, begun.beside(cut), cut);
    const before = all.slice(0, all.findLastIndex(({ timeNs }) => timeNs < cut.atNs) + 1);
    const ofCut = records.filter(({ timeNs }) => timeNs >= cut.atNs);
    records.splice(0, records.length, ...before, ...ofCut);
    const handedOver = before.reduce((count, { kind }) => (kind === LogKind.HANDOVER ? count + 1 : count), 0);
    seenHandovers.push(...handovers.slice(0, handedOver));
  }

  /** Does it, to its end or until it fails. */
  private ended(work: () => void): void {
    try {
      work();
    } catch (failure) {
      if (!(failure instanceof StoryFailed)) throw failure;
    }
  }

  /** What the move that was done last leaves when it is run again and cut. */
  private leftByRun({ atNs, tear, name }: Cut): Remains {
    const { board, moved, finishedBefore } = this;
    const { from, work } = this.lastMove;
    this.put(from, finishedBefore);
    this.moved = moved;
    chooseTear(board, tear);
    board.cutPowerAt(atNs);
    board.processor.withEveryCall(() => this.ended(work));
    chooseTear(board, undefined);
    if (board.state !== 'off') throw new Error(`no cut came at '${name}', ${atNs} ns`);
    const { flash, fuses } = this.recall.held();
    return { machine: { flash: { picture: () => flash } }, fuses };
  }

  /** Power comes, and its boot is run. */
  powerOn(): void {
    this.recall.powerOn();
    this.rest(undefined);
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
    return factsOf(this.device.fuses).securityCounter;
  }

  private get lastMove(): Moved {
    if (this.moved === undefined) throw new Error('only a move that was done can be cut');
    return this.moved;
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
    const operation = addRecord(this.seenOperations, record);
    if (operation && this.isMoving) this.begun.add(operation);
    if (record.kind === LogKind.HANDOVER) this.seenHandovers.push(lookAtHandover(this.board, record.a, this.images));
    this.recall.onLog(record);
  }
}
