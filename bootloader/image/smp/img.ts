// Group IMG: what is in the slots, upload, erase, test and confirm. Semantics are those of Zephyr's server, for a device that runs
// images in place: slot 0 is A, slot 1 is B, whichever of them runs is `active`.
//
//   img-slots.ts   which slot runs, which one an upload may take
//   img-list.ts    state read, slot info
//   img-state.ts   state write: test and confirm
//   img-upload.ts  upload: what a chunk must be, the session
//   img-store.ts   the flash side of upload and erase, step by step
//
// What must stay true: the slot that runs, and the one to fall back to while a trial runs, are never touched; an image is verified by
// the bootloader's own code before it is marked; every change is safe against a power cut at any point.

import { fieldsOk, readUnsigned } from '../../../protocol/guest/cbor-fields';
import {
  EVENT_SLOT_ERASED,
  GROUP_IMG,
  IMG_ERASE,
  IMG_ERR_FLASH_OPEN,
  IMG_ERR_NO_FREE_SLOT,
  IMG_SLOT_INFO,
  IMG_STATE,
  IMG_UPLOAD,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../../../protocol/guest/generated/constants';
import { recordEvent } from '../../../protocol/guest/record-event';
import { registerGroup } from '../../../protocol/guest/smp/groups';
import { openRequest } from '../../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../../protocol/guest/smp/status';
import { SLOT_COUNT } from '../slots';
import { loadBootState } from '../state/boot-state';
import { answerImageList, answerSlotInfo } from './img-list';
import { activeSlot, mayErase, readSlots, spareSlot } from './img-slots';
import { answerStateWrite } from './img-state';
import { emptySlotStep, startEmptySlot } from './img-store';
import { answerUpload, forgetUpload } from './img-upload';

let erasing: u32 = 0;

/** Reads the boot state, too: nothing else in the firmware needs it. */
export function registerImages(): void {
  loadBootState();
  readSlots();
  assert(IMG_STATE < IMG_ERASE && IMG_ERASE < IMG_SLOT_INFO, 'slot info is the last command');
  registerGroup(GROUP_IMG, 'img mgmt', IMG_SLOT_INFO + 1, answerImages);
}

function answerImages(operation: u32, command: u32, step: u32): u32 {
  if (operation == SMP_OP_READ) {
    if (command == IMG_STATE) return answerImageList();
    return command == IMG_SLOT_INFO ? answerSlotInfo() : MGMT_ENOTSUP;
  }
  assert(operation == SMP_OP_WRITE, 'the server lets two operations through');
  if (command == IMG_STATE) return answerStateWrite(step);
  if (command == IMG_UPLOAD) return answerUpload(step);
  return command == IMG_ERASE ? answerErase(step) : MGMT_ENOTSUP;
}

function answerErase(step: u32): u32 {
  if (step == 0) {
    readSlots();
    openRequest();
    const slot = readUnsigned('slot', spareSlot());
    if (!fieldsOk()) return MGMT_EINVAL;
    if (slot >= SLOT_COUNT) return STATUS_GROUP + IMG_ERR_FLASH_OPEN;
    if (!mayErase(<u32>slot)) return STATUS_GROUP + IMG_ERR_NO_FREE_SLOT;
    erasing = <u32>slot;
    assert(erasing != activeSlot(), 'the image that runs is not erased');
    forgetUpload();
    startEmptySlot(erasing);
  }
  assert(erasing < SLOT_COUNT, 'there are two slots');
  const status = emptySlotStep();
  if (status == 0) recordEvent(EVENT_SLOT_ERASED, erasing, 0);
  return status;
}
