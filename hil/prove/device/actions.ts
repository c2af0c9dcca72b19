// What an operator, or a person at the desk, does to a device: actions as data, and doing them up to their answer.

import type { Board } from '../../../host/board/board.ts';
import { ImageFormat } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import type { ImageName, Images } from './images.ts';
import { fillJournal } from './journal.ts';
import type { Operator } from './operator.ts';

export const bootLimitNs = 1_000_000_000;
const watchdogLimitNs = 5_000_000_000;

export type Action =
  | { do: 'switch on' }
  | { do: 'upload'; image: ImageName; part?: number }
  | { do: 'mark'; image: ImageName }
  | { do: 'reset' }
  | { do: 'confirm' }
  | { do: 'erase'; slot: number }
  /** The firmware hangs by itself. */
  | { do: 'wait for a watchdog' }
  /** It is told to. */
  | { do: 'hang' }
  /** It resets into safe mode. */
  | { do: 'safe mode' }
  /** At the desk, without power: a bit of the slot's image flips. */
  | { do: 'damage'; slot: number }
  /** At the desk, without power: copies of the newest record until the journal has so many. */
  | { do: 'fill journal'; records: number };

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
    case 'safe mode':
      operator.askForSafeMode();
      waitForReset(operator, bootLimitNs);
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

export function isResting(board: Board): boolean {
  return (board.state === 'firmware' || board.state === 'bootloader') && board.nextEventTime > board.now;
}

function waitForReset(operator: Operator, withinNs: number): void {
  const { machine } = operator.board;
  const before = machine.resetTime;
  operator.waitFor(() => machine.resetTime !== before, withinNs, 'the board resets itself');
  settle(operator);
}
