// What a client knows of an action, for the check of the promises: the request, the answer, and what the device had to forget.

import type { Board } from '../../../host/board/board.ts';
import { RESET } from '../../../protocol/generated/registers.ts';
import { Handover } from '../../../protocol/handover.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import type { Happening, Row } from '../promises.ts';
import type { Action } from './actions.ts';
import type { ImageName, Images } from './images.ts';
import { bootState } from './journal.ts';
import { imageIn } from './window.ts';

/** `asked`: a client requested the reset, so the count of resets in a row starts again. */
export type Told = Omit<Happening, 'runs' | 'row'> & { asked?: true };

/** Before it is done. */
export function toldOf(action: Action, board: Board, images: Images): Told {
  const running = runningSlot(board);
  switch (action.do) {
    case 'upload':
      if (action.trailer === undefined || running === undefined) return { rewrites: true };
      return { rewrites: true, asks: { slots: [running ^ 1], older: false } };
    case 'erase':
      return { rewrites: true };
    case 'mark':
      // Safe mode marks any slot by its image, and a person may go back to an older version there.
      return { asks: { slots: slotsWith(action.image, board, images), older: running === undefined } };
    case 'confirm':
      return running === undefined ? {} : { confirms: { slot: running, answered: true } };
    case 'be healthy':
      return running !== undefined && isToConfirmItself(board, running)
        ? { confirms: { slot: running, answered: true } }
        : {};
    case 'reset':
      return { endsTrial: true, asked: true };
    case 'safe mode':
      return { asksSafeMode: true, asked: true };
    case 'hang':
    case 'starve':
    case 'hang on':
    case 'wait for a watchdog':
      return { endsTrial: true };
    default:
      return {};
  }
}

/** Undefined where no firmware runs. */
export function runningSlot(board: Board): number | undefined {
  return board.state === 'firmware' ? board.machine.peek(RESET, 'MAILBOX', Handover.SLOT) : undefined;
}

/** Resets in a row, as the chip counts them. */
export function rowOf(board: Board): Row {
  return rowIn(board.machine.peek(RESET, 'RESETS_IN_A_ROW'));
}

export function rowIn(value: number): Row {
  const { COUNT, TRIED } = RESET.registers.RESETS_IN_A_ROW.fields;
  return { count: (value & COUNT.mask) >>> COUNT.shift, tried: (value & TRIED.mask) >>> TRIED.shift };
}

function slotsWith(image: ImageName, board: Board, images: Images): number[] {
  return [0, 1].filter((slot) => imageIn(board, slot, images) === image);
}

/** For an image on a permanent trial: it confirms itself. For every other image only the count of resets in a row is cleared. */
function isToConfirmItself(board: Board, slot: number): boolean {
  const entry = bootState(board)?.slots[slot];
  return entry?.state === SlotState.TRIAL && entry.permanent;
}
