// What an MCUboot trailer in the slot asks for. It is read, never written: `imgtool sign --pad` and `--confirm` leave one.
//
//   magic   image_ok   copy_done   asks for
//   good    1          any         PERMANENT: run it on trial, and let it confirm itself once it is healthy
//   good    unset      unset       TEST: run it on trial
//   else                           nothing. A set copy_done says that another bootloader had it on trial already.

import { copyFromBus } from '../../../protocol/guest/dma';
import {
  MAP_SLOT_SIZE,
  TRAILER_COPY_DONE,
  TRAILER_FLAG_SET,
  TRAILER_IMAGE_OK,
  TRAILER_MAGIC,
  TRAILER_MAGIC_WORD_0,
  TRAILER_MAGIC_WORD_1,
  TRAILER_MAGIC_WORD_2,
  TRAILER_MAGIC_WORD_3,
} from '../../../protocol/guest/generated/constants';
import { slotAddress } from '../slots';

export const TRAILER_ASKS_NOTHING: u32 = 0;
export const TRAILER_ASKS_TEST: u32 = 1;
export const TRAILER_ASKS_PERMANENT: u32 = 2;

const UNSET: u32 = 0xff;

/** The slot's last bytes, from copy_done on. */
const trailer: usize = memory.data(<i32>TRAILER_COPY_DONE, 8);

export function trailerAsks(slot: u32): u32 {
  copyFromBus(trailer, slotAddress(slot) + MAP_SLOT_SIZE - TRAILER_COPY_DONE, TRAILER_COPY_DONE);
  const magic = trailer + TRAILER_COPY_DONE - TRAILER_MAGIC;
  if (load<u32>(magic) != TRAILER_MAGIC_WORD_0 || load<u32>(magic, 4) != TRAILER_MAGIC_WORD_1)
    return TRAILER_ASKS_NOTHING;
  if (load<u32>(magic, 8) != TRAILER_MAGIC_WORD_2 || load<u32>(magic, 12) != TRAILER_MAGIC_WORD_3) {
    return TRAILER_ASKS_NOTHING;
  }
  const imageOk: u32 = load<u8>(trailer + TRAILER_COPY_DONE - TRAILER_IMAGE_OK);
  if (imageOk == TRAILER_FLAG_SET) return TRAILER_ASKS_PERMANENT;
  const copyDone: u32 = load<u8>(trailer);
  return imageOk == UNSET && copyDone == UNSET ? TRAILER_ASKS_TEST : TRAILER_ASKS_NOTHING;
}
