// What an operator, or a person at the bench, does to a device: actions as data, and a function that does each until its answer is there.

import type { Board } from '../../../host/board/board.ts';
import { RESET } from '../../../protocol/generated/registers.ts';
import { Handover } from '../../../protocol/handover.ts';
import { BootPolicy } from '../../../protocol/image/boot-state.ts';
import { ImageFormat } from '../../../protocol/image/format.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { recordOfStory } from './calibration.ts';
import type { ImageName, Images } from './images.ts';
import { fillJournal } from './journal.ts';
import { type Operator, StoryFailed, type TrailerAsks } from './operator.ts';

export const bootLimitNs = 1_000_000_000;
const watchdogLimitNs = 5_000_000_000;

export type Action =
  | { do: 'switch on' }
  /** `trailer`: of a file padded to the whole slot, as imgtool does it. */
  | { do: 'upload'; image: ImageName; part?: number; trailer?: TrailerAsks }
  | { do: 'mark'; image: ImageName }
  | { do: 'reset' }
  | { do: 'confirm' }
  /** A calibration record is stored; device/calibration.ts says which. */
  | { do: 'calibrate'; record: number }
  /** For a minute: then resets in a row are forgotten, and a permanent trial confirms itself. */
  | { do: 'be healthy' }
  | { do: 'erase'; slot: number }
  /** The firmware hangs by itself. */
  | { do: 'wait for a watchdog' }
  /** It hangs because it is told to. */
  | { do: 'hang' }
  /** It stops feeding its watchdog, and is reset as after a hang. */
  | { do: 'starve' }
  /** The watchdog resets it again and again, until something else runs. */
  | { do: 'hang on' }
  /** It resets into safe mode. */
  | { do: 'safe mode' }
  /** At the bench, without power: a bit of the slot's image flips. */
  | { do: 'damage'; slot: number }
  /** At the bench, without power: copies of the newest record are added until the journal has so many. */
  | { do: 'fill journal'; records: number };

/** Does the next action of the story, until its answer is there. */
export function act(operator: Operator, action: Action, images: Images): void {
  switch (action.do) {
    case 'switch on':
      operator.board.powerOn();
      settle(operator);
      return;
    case 'upload':
      operator.upload(images[action.image], action.part);
      if (action.trailer !== undefined) operator.pad(action.trailer);
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
    case 'calibrate':
      operator.calibrate(recordOfStory(action.record));
      return;
    case 'be healthy':
      operator.beHealthy();
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
    case 'starve':
      operator.starveWatchdog();
      waitForReset(operator, watchdogLimitNs);
      return;
    case 'hang on':
      hangOn(operator);
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

/** An image that began to hang: the watchdog resets it and it runs again, until the bootloader no longer runs it. */
function hangOn(operator: Operator): void {
  const slotNow = () => operator.board.machine.peek(RESET, 'MAILBOX', Handover.SLOT);
  const slot = slotNow();
  for (let hangs = 0; hangs <= BootPolicy.RESETS_IN_A_ROW_MAX; hangs++) {
    operator.starveWatchdog();
    waitForReset(operator, watchdogLimitNs);
    if (operator.board.state !== 'firmware' || slotNow() !== slot) return;
  }
  throw new StoryFailed(`the image in slot ${'AB'[slot]} hangs, and is run again and again`);
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

/** From power-on or reset until the firmware, or safe mode, waits for requests. */
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
