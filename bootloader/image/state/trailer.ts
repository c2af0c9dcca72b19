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

/** The last bytes of a slot. Flags are one byte each, in a unit of their own. */
@unmanaged
class Trailer {
  copyDone: u8 = 0;
  unused0: u8 = 0;
  unused1: u16 = 0;
  unused2: u32 = 0;
  imageOk: u8 = 0;
  unused3: u8 = 0;
  unused4: u16 = 0;
  unused5: u32 = 0;
  magic0: u32 = 0;
  magic1: u32 = 0;
  magic2: u32 = 0;
  magic3: u32 = 0;
}

const trailer: Trailer = changetype<Trailer>(memory.data(<i32>TRAILER_COPY_DONE, 8));

export function trailerAsks(slot: u32): u32 {
  assert(offsetof<Trailer>() == <usize>TRAILER_COPY_DONE, 'the table counts from the end of the slot');
  assert(<u32>offsetof<Trailer>('imageOk') == TRAILER_COPY_DONE - TRAILER_IMAGE_OK, 'the overlay is the table’s');
  assert(<u32>offsetof<Trailer>('magic0') == TRAILER_COPY_DONE - TRAILER_MAGIC, 'the overlay is the table’s');
  copyFromBus(changetype<usize>(trailer), slotAddress(slot) + MAP_SLOT_SIZE - TRAILER_COPY_DONE, TRAILER_COPY_DONE);
  if (trailer.magic0 != TRAILER_MAGIC_WORD_0 || trailer.magic1 != TRAILER_MAGIC_WORD_1) return TRAILER_ASKS_NOTHING;
  if (trailer.magic2 != TRAILER_MAGIC_WORD_2 || trailer.magic3 != TRAILER_MAGIC_WORD_3) return TRAILER_ASKS_NOTHING;
  const imageOk: u32 = trailer.imageOk;
  if (imageOk == TRAILER_FLAG_SET) return TRAILER_ASKS_PERMANENT;
  return imageOk == UNSET && <u32>trailer.copyDone == UNSET ? TRAILER_ASKS_TEST : TRAILER_ASKS_NOTHING;
}
