// A device under the search: put into a state, moved, looked at.

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
import { type ImageName, type Images, publicKeys } from '../device/images.ts';
import { bootState } from '../device/journal.ts';
import { type Known, knownOf, storyImages } from '../device/known.ts';
import { addRecord, type Cut, chooseTear, type Operation } from '../device/operations.ts';
import { imageIn } from '../device/window.ts';
import { bootableImages, type Handover, lookAtCore, lookAtHandover } from '../power/judge.ts';
import type { Model } from './models.ts';

export class World {
  readonly board: Board;
  readonly images: Images;
  readonly operator: AgentOperator;
  /** Since the device was put into a state. */
  readonly records: LogRecord[] = [];
  readonly operations: Operation[] = [];
  readonly handovers: Handover[] = [];

  constructor(board: Board, images: Images) {
    this.board = board;
    this.images = images;
    this.operator = new AgentOperator(board, images);
    board.onLog = (record) => this.onLog(record);
  }

  /** As it leaves the factory, switched on for the first time. */
  start({ factory }: Model, bootloader: Uint8Array): void {
    const slots = factory ? { A: this.images[factory] } : {};
    this.board.provision({ bootloader, keys: publicKeys, slots });
    this.operator.deliver();
    this.powerOn();
  }

  put(snapshot: Snapshot): void {
    this.board.restore(snapshot);
    this.records.length = 0;
    this.operations.length = 0;
    this.handovers.length = 0;
  }

  powerOn(): void {
    this.board.powerOn();
    settle(this.operator);
    const last = this.handovers.at(-1);
    if (last && this.board.state === 'firmware') lookAtCore(this.board, last, this.images);
  }

  cyclePower(): void {
    this.board.cutPower();
    this.powerOn();
  }

  armCut(cut: Cut): void {
    chooseTear(this.board, cut.tear);
    this.board.cutPowerAt(Math.max(cut.atNs, this.board.now));
  }

  disarmTear(): void {
    chooseTear(this.board, undefined);
  }

  /** Whether firmware runs, and, if so, whether its image is confirmed. */
  runs(): 'confirmed' | 'on trial' | undefined {
    const { board } = this;
    if (board.state !== 'firmware') return undefined;
    return bootState(board)?.slots[this.runningSlot()].state === SlotState.CONFIRMED ? 'confirmed' : 'on trial';
  }

  /** While firmware runs. */
  runningSlot(): number {
    return this.board.machine.peek(RESET, 'MAILBOX', HandoverPlace.SLOT);
  }

  imageIn(slot: number): ImageName | undefined {
    return imageIn(this.board, slot, this.images);
  }

  holds(image: ImageName): boolean {
    return this.imageIn(0) === image || this.imageIn(1) === image;
  }

  known(): Known {
    return knownOf(this.board, storyImages(this.board, this.images));
  }

  /** What it runs, where it booted since it was put into a state; a slot, or safe mode. */
  booted(): number | 'safe mode' | undefined {
    if (!this.records.some(({ kind }) => kind === LogKind.RESET)) return undefined;
    if (this.board.state === 'bootloader') return 'safe mode';
    return this.board.state === 'firmware' ? this.runningSlot() : undefined;
  }

  /** Images that are confirmed and whole, and that no fuse keeps out. */
  bootable(): ImageName[] {
    return bootableImages(this.board, this.images);
  }

  /** The security counter in the fuses. */
  counter(): number {
    const { cells } = this.board.fuses;
    return counterInFuses(cells.slice(Fuse.SECURITY_COUNTER, Fuse.SECURITY_COUNTER + Fuse.SECURITY_COUNTER_WORDS));
  }

  private onLog(record: LogRecord): void {
    this.records.push(record);
    addRecord(this.operations, record);
    if (record.kind === LogKind.HANDOVER) this.handovers.push(lookAtHandover(this.board, record.a, this.images));
  }
}
