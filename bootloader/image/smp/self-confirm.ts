// An image that is PERMANENT confirms itself: `imgtool sign --confirm` and a confirm in safe mode mean "try it, and keep it if it is healthy". The
// firmware says when it is; until then the image is not confirmed, and no fuse is burnt.
//
//   on trial, PERMANENT     healthy for POLICY_WELL_AFTER_MS        verified again        record, then security counter
//        waiting ---------------------------------------------> confirming ------------------------------------------> CONFIRMED
//
// What must stay true: it is the same confirm as that of a client, without a request. So no request is served while it is under way
// (`confirmingItself`), and it is not begun while the flash or a burn is in use. An image that does not verify any more is not confirmed: its trial ends with its timer.

import { flashBusy } from '../../../protocol/guest/flash-job';
import { REASON_NONE, RECORD_FLAG_PERMANENT, SLOT_TRIAL } from '../../../protocol/guest/generated/constants';
import { slotFlags, slotState, startConfirm, stateBusy } from '../state/boot-state';
import { verifySlot } from '../verify';
import { activeSlot, NO_SLOT } from './img-slots';

let underWay: bool = false;
let rotten: bool = false;

/** Whether the running image is on trial and is to confirm itself once it is healthy. The slots have been read. */
export function isToConfirmItself(): bool {
  const active = activeSlot();
  assert(!underWay || active != NO_SLOT, 'only an image that runs confirms itself');
  if (active == NO_SLOT || rotten) return false;
  return slotState(active) == SLOT_TRIAL && (slotFlags(active) & RECORD_FLAG_PERMANENT) != 0;
}

/**
 * Begins it, or moves it on. True while it is under way: until then serve no request, and call again at the next FLASH or FUSES interrupt.
 * `well`: the image has been healthy for long enough; it matters where nothing is under way.
 */
export function confirmingItself(well: bool): bool {
  if (underWay) {
    underWay = stateBusy();
    return underWay;
  }
  if (!well || !isToConfirmItself() || stateBusy() || flashBusy()) return false;
  const active = activeSlot();
  rotten = verifySlot(active) != REASON_NONE;
  if (rotten) return false;
  assert(active != NO_SLOT, 'only an image that runs confirms itself');
  underWay = startConfirm(active);
  assert(underWay, 'flash and journal were free');
  if (underWay) underWay = stateBusy();
  return underWay;
}
