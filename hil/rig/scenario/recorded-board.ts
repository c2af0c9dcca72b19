// A board that writes down its inputs with their times, so that another process repeats the run without the script that made it.
//
//   script ── runUntil(t), send, cutPower, disturb, … ──▶ RecordedBoard ──▶ [{runToNs, timeNs, does, …}, …] ──▶ repeatInputs(board, inputs)
//
// A run of the core that has begun is finished, so a board that was to run until `runToNs` may stand later, at `timeNs`, when the input comes.
// Where it stands depends only on the latest time it was told to run to since the input before, and on none of the times in between. So this one
// number repeats the run exactly, and `timeNs` checks it.
//
// What must stay true: everything that changes the board from outside is here. What a script does to the machine itself (`board.machine`), or to
// the cryostat past the board, is not, and makes a run that cannot be repeated.

import { Board } from '../../../host/board/board.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import type { Disturbance } from '../../../host/board/surroundings.ts';
import { peripheralTable } from '../../../protocol/generated/registers.ts';
import type { FlashChange } from '../programmer.ts';

export type BoardInput =
  | { does: 'send'; line: 0 | 1; bytes: Uint8Array }
  | { does: 'power-on' | 'cut-power' | 'reset-pin' | 'brown-out' }
  | { does: 'cut-power-at'; atNs: number }
  | { does: 'cut-power-at-access'; access: number }
  | { does: 'disturb'; disturbance: Disturbance }
  | { does: 'change-flash'; change: FlashChange }
  | { does: 'set-fuses'; words: number[] }
  | { does: 'read-register'; register: string };

export interface RecordedInput {
  /** The board was told to run to this time; -1: it was not told to run since the input before. */
  runToNs: number;
  /** Where it stood then. */
  timeNs: number;
  input: BoardInput;
}

/** Something that is done to a board at a time of its own, whatever it was recorded as. */
export interface Act extends Pick<RecordedInput, 'runToNs' | 'timeNs'> {
  give(board: Board): void;
}

/** Where a run stands: what to run to, the time that is reached, and the hash of its log. */
export interface Standing {
  runToNs: number;
  timeNs: number;
  logHash: string;
}

export class RecordedBoard extends Board {
  readonly inputs: RecordedInput[] = [];
  private runToNs = -1;

  /** Forgets what was written down: a recording begins here. */
  beginRecording(): void {
    this.inputs.length = 0;
    this.runToNs = -1;
  }

  get standing(): Standing {
    return { runToNs: this.runToNs, timeNs: this.now, logHash: this.logHash };
  }

  /** Writes down an input that was given to the board in another way than by its methods. One that the board refuses is no input. */
  note(input: BoardInput): void {
    this.inputs.push({ runToNs: this.runToNs, timeNs: this.now, input });
    this.runToNs = -1;
  }

  override runUntil(timeNs: number): void {
    super.runUntil(timeNs);
    this.runToNs = Math.max(this.runToNs, timeNs);
  }

  override send(line: 0 | 1, bytes: Uint8Array): void {
    super.send(line, bytes);
    this.note({ does: 'send', line, bytes: bytes.slice() });
  }

  override powerOn(): void {
    super.powerOn();
    this.note({ does: 'power-on' });
  }

  override cutPower(): void {
    super.cutPower();
    this.note({ does: 'cut-power' });
  }

  override cutPowerAt(atNs: number): void {
    super.cutPowerAt(atNs);
    this.note({ does: 'cut-power-at', atNs });
  }

  override cutPowerAtAccess(access: number): void {
    super.cutPowerAtAccess(access);
    this.note({ does: 'cut-power-at-access', access });
  }

  override pullResetPin(): void {
    super.pullResetPin();
    this.note({ does: 'reset-pin' });
  }

  override brownOut(): void {
    super.brownOut();
    this.note({ does: 'brown-out' });
  }

  override disturb(disturbance: Disturbance): void {
    super.disturb(disturbance);
    this.note({ does: 'disturb', disturbance: { ...disturbance } });
  }

  override loadFuses(words: Uint32Array): void {
    super.loadFuses(words);
    this.note({ does: 'set-fuses', words: [...words] });
  }

  override restore(snapshot: Snapshot): void {
    super.restore(snapshot);
    this.beginRecording();
  }
}

/**
 * Gives a board the inputs of a recording at their times, up to a moment. It goes in steps of at most a second of virtual time and yields the time
 * of the board, so that the caller can do other work in between. Throws where the board does not stand where the recorded one stood.
 */
export function* repeatInputs(
  board: Board,
  inputs: readonly RecordedInput[],
  end: Pick<Standing, 'runToNs' | 'timeNs'>,
  untilNs = Number.POSITIVE_INFINITY,
): Generator<number, void> {
  for (const { runToNs, timeNs, input } of inputs) {
    if (timeNs > untilNs) break;
    yield* runSteps(board, runToNs);
    if (board.now !== timeNs)
      throw new OtherRun(`the board stands at ${board.now} ns where the recorded one was at ${timeNs} ns`);
    giveInput(board, input);
  }
  yield* runSteps(board, Math.min(end.runToNs, untilNs));
}

export const actsOf = (inputs: readonly RecordedInput[]): Act[] =>
  inputs.map(({ runToNs, timeNs, input }) => ({ runToNs, timeNs, give: (board) => giveInput(board, input) }));

/** The run does not go as it was recorded. */
export class OtherRun extends Error {}

const STEP_NS = 1_000_000_000;

function* runSteps(board: Board, toNs: number): Generator<number, void> {
  while (board.now + STEP_NS < toNs) {
    board.runUntil(board.now + STEP_NS);
    yield board.now;
  }
  if (toNs >= 0) board.runUntil(toNs);
}

function giveInput(board: Board, input: BoardInput): void {
  switch (input.does) {
    case 'send':
      board.send(input.line, input.bytes);
      break;
    case 'power-on':
      board.powerOn();
      break;
    case 'cut-power':
      board.cutPower();
      break;
    case 'reset-pin':
      board.pullResetPin();
      break;
    case 'brown-out':
      board.brownOut();
      break;
    case 'cut-power-at':
      board.cutPowerAt(input.atNs);
      break;
    case 'cut-power-at-access':
      board.cutPowerAtAccess(input.access);
      break;
    case 'disturb':
      board.disturb(input.disturbance);
      break;
    case 'change-flash':
      changeFlash(board, input.change);
      break;
    case 'set-fuses':
      board.loadFuses(Uint32Array.from(input.words));
      break;
    case 'read-register':
      readRegister(board, input.register);
  }
}

function changeFlash(board: Board, { address, bytes }: FlashChange): void {
  if (bytes === undefined) board.machine.flash.erasePage(address);
  else board.machine.flash.writeBytes(address, bytes);
}

/** Whether a register is computed when it is read, so that a read is an input. */
export function isComputed(board: Board, register: string): boolean {
  const { peripheral, name } = registerAt(register);
  const device = board.machine.devices.find((each) => each.peripheral.name === peripheral.name);
  return device?.onRead?.[name] !== undefined;
}

/** Reads a register as the chip does: `RAILS.GOOD`, `RAILS.MILLIVOLTS[3]`. */
export function readRegister(board: Board, register: string): number {
  const { peripheral, name, index } = registerAt(register);
  return board.machine.peek(peripheral, name, index);
}

export function registerAt(register: string) {
  const [, peripheralName, name, index = '0'] = /^(\w+)\.(\w+)(?:\[(\d+)\])?$/.exec(register) ?? [];
  const peripheral = peripheralTable.find((each) => each.name === peripheralName);
  if (peripheral === undefined) {
    const names = peripheralTable.map((each) => each.name).join(', ');
    throw new RangeError(
      `register '${register}': write PERIPHERAL.REGISTER or PERIPHERAL.REGISTER[n], with one of ${names}`,
    );
  }
  if (!Object.hasOwn(peripheral.registers, name)) {
    const names = Object.keys(peripheral.registers).join(', ');
    throw new RangeError(`register '${register}': ${peripheral.name} has no ${name}; it has ${names}`);
  }
  return { peripheral, name, index: Number(index) };
}
