// Plays a scenario's story and writes down where power can be cut: each flash and fuse operation, each boot, and a snapshot from which a cut
// there can be replayed without the operator.

import { Board } from '../../../host/board/board.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { ImageFormat } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { AgentOperator } from '../device/agent-operator.ts';
import { type Images, publicKeys } from '../device/images.ts';
import { fillJournal } from '../device/journal.ts';
import { addRecord, type Operation } from '../device/operations.ts';
import { Operator, StoryFailed } from '../device/operator.ts';
import type { Action, Scenario } from './scenarios.ts';

const bootLimitNs = 1_000_000_000;
const watchdogLimitNs = 5_000_000_000;

export interface StoryOperation extends Operation {
  /** Index of the story's step it belongs to. */
  step: number;
  /** The board shortly before. */
  before: Snapshot;
}

export interface Boot {
  step: number;
  /** The bootloader is loaded and has not begun. */
  before: Snapshot;
}

export interface Recording {
  start: Snapshot;
  operations: StoryOperation[];
  boots: Boot[];
}

/** Plays the story once, uncut. Throws a StoryFailed when it does not end as it should. */
export function recordStory(scenario: Scenario, images: Images, bootloader: Uint8Array, seed: number): Recording {
  const operator = operatorOf(scenario, new Board({ seed }), images);
  prepare(operator, scenario, images, bootloader);
  const recorder = new Recorder(operator);
  const start = operator.board.snapshot();
  for (const [index, step] of scenario.steps.entries()) {
    recorder.step = index;
    act(operator, step, images);
  }
  // What the last answer set off is part of the story.
  operator.waitFor(() => isResting(operator.board), bootLimitNs, 'the board comes to rest');
  recorder.stop();
  return { start, operations: recorder.operations, boots: recorder.boots };
}

export function operatorOf({ fleet }: Scenario, board: Board, images: Images): Operator {
  return fleet === 'agent' ? new AgentOperator(board, images) : new Operator(board);
}

/** What the story says next, up to its answer. */
export function act(operator: Operator, action: Action, images: Images): void {
  switch (action.do) {
    case 'switch on':
      operator.board.powerOn();
      settle(operator);
      return;
    case 'upload':
      operator.upload(images[action.image], action.part);
      return;
    case 'mark':
      operator.mark(images[action.image]);
      return;
    case 'reset':
      operator.reset();
      waitForReset(operator, bootLimitNs);
      return;
    case 'confirm':
      operator.confirm();
      return;
    case 'erase':
      operator.erase(action.slot);
      return;
    case 'hang':
      operator.hang();
      waitForReset(operator, watchdogLimitNs);
      return;
    case 'wait for a watchdog':
      waitForReset(operator, watchdogLimitNs);
      return;
    case 'damage':
      takeToDesk(operator.board);
      damage(operator.board, action.slot);
      return;
    case 'fill journal':
      takeToDesk(operator.board);
      fillJournal(operator.board, action.records);
  }
}

function takeToDesk(board: Board): void {
  if (board.state !== 'off') board.cutPower();
}

function damage(board: Board, slot: number): void {
  const address = (slot === 0 ? MemoryMap.SLOT_A : MemoryMap.SLOT_B) + ImageFormat.HEADER_SIZE_MIN;
  const byte = new Uint8Array(1);
  board.machine.flash.readBytes(address, byte);
  byte[0] ^= 1;
  board.machine.flash.writeBytes(address, byte);
}

/** From power-on or reset until the firmware, or safe mode, waits for what comes. */
export function settle(operator: Operator, withinNs = bootLimitNs): void {
  operator.waitFor(() => isResting(operator.board), withinNs, 'firmware or safe mode comes to rest');
}

function isResting(board: Board): boolean {
  return (board.state === 'firmware' || board.state === 'bootloader') && board.nextEventTime > board.now;
}

function waitForReset(operator: Operator, withinNs: number): void {
  const { machine } = operator.board;
  const before = machine.resetTime;
  operator.waitFor(() => machine.resetTime !== before, withinNs, 'the board resets itself');
  settle(operator);
}

function prepare(operator: Operator, scenario: Scenario, images: Images, bootloader: Uint8Array): void {
  const { A, B } = scenario.start.slots;
  operator.board.provision({
    bootloader,
    keys: publicKeys,
    slots: { ...(A && { A: images[A] }), ...(B && { B: images[B] }) },
  });
  operator.deliver();
  for (const action of scenario.start.story) act(operator, action, images);
}

class Recorder {
  step = 0;
  readonly operations: StoryOperation[] = [];
  readonly boots: Boot[] = [];
  private readonly operator: Operator;
  private readonly begun: Operation[] = [];
  private before: Snapshot;
  private inUse = false;
  private bootBegins = false;

  constructor(operator: Operator) {
    this.operator = operator;
    this.before = operator.board.snapshot();
    operator.beforeStep = () => this.beforeStep();
    operator.board.onLog = (record) => this.onLog(record);
  }

  stop(): void {
    this.operator.beforeStep = undefined;
    this.operator.board.onLog = undefined;
    const open = this.operations.find(({ endNs }) => endNs === 0);
    if (open) throw new StoryFailed(`the ${open.kind} at 0x${open.address.toString(16)} has begun and not ended`);
  }

  private beforeStep(): void {
    this.before = this.operator.board.snapshot(this.inUse ? undefined : this.before);
    this.inUse = this.bootBegins;
    if (this.bootBegins) this.boots.push({ step: this.step, before: this.before });
    this.bootBegins = false;
  }

  private onLog(record: LogRecord): void {
    if (record.kind === LogKind.BOOT_ROM) this.bootBegins = true;
    const operation = addRecord(this.begun, record);
    if (operation === undefined) return;
    const { step, before } = this;
    // The same object: its end is still to come.
    this.operations.push(Object.assign(operation, { step, before }));
    this.inUse = true;
  }
}
