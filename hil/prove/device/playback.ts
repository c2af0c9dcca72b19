// Cuts power in the middle of what was run before, without running the core again. RAM and registers are lost by that, so only flash, fuses and
// the random numbers of the board remain. They are as the run itself would leave them.
//
//   playTo       of a known boot, flash and fuse operations are started at their times, on the devices themselves
//   cutBeside    of any run, the board is put back to the beginning of the operation that is cut

import type { Board } from '../../../host/board/board.ts';
import { Clock } from '../../../host/board/clock.ts';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { FLASH, FUSES } from '../../../protocol/generated/registers.ts';
import type { StartedOperation } from './boot-reads.ts';
import type { KnownBoot } from './known-boots.ts';
import { type Cut, chooseTear, type Operation } from './operations.ts';

const flashKey = FLASH.registers.COMMAND.fields.KEY;
const fuseCommand = FUSES.registers.COMMAND.fields;

/**
 * On a board whose power has just come: lets the boot's operations happen up to `cutNs` after that, and cuts power then; `onCut` is called
 * before anything is torn.
 */
export function playTo(board: Board, { started }: KnownBoot, cutNs: number, onCut: () => void): void {
  const { machine } = board;
  const powerOnNs = board.now;
  for (const operation of started) {
    // Of two things at one time the cut, which was scheduled first, comes first.
    if (operation.atNs >= cutNs) break;
    machine.advanceTo(powerOnNs + operation.atNs);
    start(board, operation);
  }
  if (cutNs > 0) machine.advanceTo(powerOnNs + cutNs - 1);
  machine.clock[Clock.NOW] = powerOnNs + cutNs;
  onCut();
  board.cutPower();
}

function start({ machine }: Board, { flash, burn }: StartedOperation): void {
  if (flash) {
    const { operation, address, data } = flash;
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    for (let at = 0; at < data.length; at += 4) machine.poke(FLASH, 'BUFFER', view.getUint32(at, true), at / 4);
    machine.poke(FLASH, 'ADDRESS', address);
    if (data.length > 0) machine.poke(FLASH, 'LENGTH', data.length);
    machine.poke(FLASH, 'COMMAND', operation | (flashKey.values.KEY << flashKey.shift));
  }
  if (burn) {
    machine.poke(FUSES, 'INDEX', burn.index);
    machine.poke(FUSES, 'DATA', burn.ones);
    const { OPERATION, KEY } = fuseCommand;
    machine.poke(FUSES, 'COMMAND', OPERATION.values.PROGRAM | (KEY.values.KEY << KEY.shift));
  }
}

/** An operation of a run, and the board when it began: `captureInstant` in the call of `onLog` that told of it. */
export interface BegunOperation {
  operation: Operation;
  instant: Snapshot;
}

/** Cuts power before this operation, in it, or after it and before any other begins. `onCut` is called before anything is torn. */
export function cutBeside(
  board: Board,
  { operation, instant }: BegunOperation,
  { atNs, tear }: Cut,
  onCut: () => void = () => {},
): void {
  const { startNs, endNs, kind } = operation;
  const { machine } = board;
  board.restore(instant);
  if (atNs < startNs) withdraw(board, kind);
  if (atNs >= endNs) {
    machine.clock[Clock.NOW] = endNs;
    (kind === 'burn' ? board.fuses : board.flash).onEvent();
  }
  machine.clock[Clock.NOW] = atNs;
  onCut();
  chooseTear(board, tear);
  board.cutPower();
  chooseTear(board, undefined);
}

/** The operation that has just begun is not begun yet. */
function withdraw({ machine }: Board, kind: Operation['kind']): void {
  const peripheral = kind === 'burn' ? FUSES : FLASH;
  const { words, at } = machine.registers(peripheral);
  words[at.STATUS] &= ~peripheral.registers.STATUS.fields.BUSY.mask;
}
