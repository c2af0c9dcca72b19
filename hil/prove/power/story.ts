// Plays a scenario's story and records where power can be cut: each flash and fuse operation, each boot, and a snapshot from which a cut can be
// replayed without the operator.

import type { Board } from '../../../host/board/board.ts';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import { captureInstant, type Snapshot } from '../../../host/board/snapshot.ts';
import { act, bootLimitNs, isResting } from '../device/actions.ts';
import { AgentOperator } from '../device/agent-operator.ts';
import { provingBoard } from '../device/boards.ts';
import { type Images, publicKeys } from '../device/images.ts';
import { addRecord, type Operation } from '../device/operations.ts';
import { Operator, StoryFailed } from '../device/operator.ts';
import type { Scenario } from './scenario.ts';
import { UncutStory } from './uncut.ts';

export interface StoryOperation extends Operation {
  /** Index of the story's step it belongs to. */
  step: number;
  /** The board shortly before. */
  before: Snapshot;
  /** The board when it began, without its core. */
  instant: Snapshot;
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
  /** The verdict on it, uncut. */
  uncut: UncutStory;
}

/** Plays the story once, uncut. Throws a StoryFailed when it does not end as it should. */
export function recordStory(scenario: Scenario, images: Images, bootloader: Uint8Array, seed: number): Recording {
  const operator = operatorOf(scenario, provingBoard(seed), images);
  prepare(operator, scenario, images, bootloader);
  const uncut = new UncutStory(operator.board, scenario, images);
  const recorder = new Recorder(operator, uncut);
  const start = operator.board.snapshot();
  for (const [index, step] of scenario.steps.entries()) {
    recorder.step = index;
    uncut.begin(step);
    act(operator, step, images);
    // What happens because of the last answer is part of the story.
    if (step === scenario.steps.at(-1))
      operator.waitFor(() => isResting(operator.board), bootLimitNs, 'the board comes to rest');
    uncut.end(step);
  }
  recorder.stop();
  return { start, operations: recorder.operations, boots: recorder.boots, uncut };
}

export function operatorOf({ fleet }: Scenario, board: Board, images: Images): Operator {
  return fleet === 'agent' ? new AgentOperator(board, images) : new Operator(board);
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
  private readonly uncut: UncutStory;

  constructor(operator: Operator, uncut: UncutStory) {
    this.operator = operator;
    this.uncut = uncut;
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
    this.uncut.onLog(record);
    if (record.kind === LogKind.BOOT_ROM) this.bootBegins = true;
    const operation = addRecord(this.begun, record);
    if (operation === undefined) return;
    const { step, before } = this;
    // The same object: its end is still to come.
    this.operations.push(Object.assign(operation, { step, before, instant: captureInstant(this.operator.board) }));
    this.inUse = true;
  }
}
