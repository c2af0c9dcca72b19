// The firmware of a proof: as little as can take part in an update, so that a boot of it is quick and an upload of it short. It changes
// flash, fuses and boot state by the same code as the real firmware; it lacks the protocol in front of that, and the verification
// before an image is marked or confirmed.
//
// A byte on the console line is a command, answered with + or - when it is done:
//   0 to 9, : and ; store the image delivered under that number (0 to 11) in the other slot   x erase the other slot
//   @ to K          store the first half of it   t, u write a trailer behind it, as imgtool's --pad, and its --confirm, would bring
//   p mark the other slot pending   c confirm   w be healthy for long enough   r reset   s reset into safe mode   h hang   d feed the watchdog no more
// A host delivers images into STORAGE, one each DELIVERY_SIZE bytes: its length, then its bytes.

import { NS_PER_MS, uptimeNs } from '../../protocol/guest/clock';
import { copyFromBus } from '../../protocol/guest/dma';
import { flashBusy, flashProgram, flashService, takeFlashResult } from '../../protocol/guest/flash-job';
import { burnService } from '../../protocol/guest/fuse-burn';
import {
  HANDOVER_SLOT,
  LINE_FLASH,
  LINE_FUSES,
  LINE_TIMER,
  LINE_UART1,
  MAP_SLOT_SIZE,
  MAP_STORAGE,
  REASON_NONE,
  TRAILER_COPY_DONE,
  TRAILER_FLAG_SET,
  TRAILER_IMAGE_OK,
  TRAILER_MAGIC,
  TRAILER_MAGIC_WORD_0,
  TRAILER_MAGIC_WORD_1,
  TRAILER_MAGIC_WORD_2,
  TRAILER_MAGIC_WORD_3,
} from '../../protocol/guest/generated/constants';
import {
  RESET_BOOT_REQUEST_MODE_SAFE_MODE,
  RESET_CONTROL_KEY_KEY,
  RESET_CONTROL_REQUEST_RESET,
  readResetMailbox,
  readUart1Data,
  readUart1Status,
  TIMER_CONTROL_ARM,
  TIMER_STATUS_ALARM,
  UART1_CONTROL_ENABLE,
  UART1_INTERRUPT_ENABLE_RECEIVE_AVAILABLE,
  UART1_STATUS_RECEIVE_AVAILABLE,
  WATCHDOG_FEED_KEY_KEY,
  writeIntcEnable,
  writeResetBootRequest,
  writeResetControl,
  writeResetResetsInARow,
  writeTimerAlarmHigh,
  writeTimerAlarmLow,
  writeTimerControl,
  writeTimerStatus,
  writeUart1Control,
  writeUart1Data,
  writeUart1InterruptEnable,
  writeWatchdogFeed,
} from '../../protocol/guest/generated/registers';
import { STATUS_DEFERRED } from '../../protocol/guest/smp/status';
import { imageHasHash, imageReason, imageVersion } from '../image/info';
import { otherSlot, slotAddress } from '../image/slots';
import { mayErase, mayUpload, onTrial, readSlots } from '../image/smp/img-slots';
import { emptySlotStep, startEmptySlot, startStore, storeStep } from '../image/smp/img-store';
import { confirmingItself, isToConfirmItself } from '../image/smp/self-confirm';
import { loadBootState, startConfirm, startMarkPending, stateBusy, stateFailed } from '../image/state/boot-state';

const FEED_PERIOD_MS: u64 = 500;
const PLUS: u32 = 0x2b;
const MINUS: u32 = 0x2d;
const DELIVERY_SIZE: u32 = 0x1_0000;
const CHUNK_SIZE: u32 = 1024;

const IDLE: u32 = 0;
const EMPTYING: u32 = 1;
const STORING: u32 = 2;
const CHANGING: u32 = 3;
const PADDING: u32 = 4;

const chunk: usize = memory.data(<i32>CHUNK_SIZE, 8);
const word: usize = memory.data(<i32>sizeof<u32>(), 4);
const trailer: usize = memory.data(<i32>TRAILER_COPY_DONE, 8);
const forEver: usize = memory.data(<i32>sizeof<u32>(), 4);

let phase: u32 = 0;
let feeding: bool = true;
/** Of the image being stored: where its bytes are, how many there are, how many are in the slot. */
let source: u32 = 0;
let total: u32 = 0;
let stored: u32 = 0;

export function reset(): void {
  loadBootState();
  readSlots();
  writeUart1InterruptEnable(UART1_INTERRUPT_ENABLE_RECEIVE_AVAILABLE);
  writeUart1Control(UART1_CONTROL_ENABLE);
  writeIntcEnable(LINE_TIMER | LINE_UART1 | LINE_FLASH | LINE_FUSES);
  armFeed();
}

export function interrupt(lines: u32): void {
  if ((lines & LINE_TIMER) != 0) {
    writeTimerStatus(TIMER_STATUS_ALARM);
    if (feeding) {
      writeWatchdogFeed(WATCHDOG_FEED_KEY_KEY);
      armFeed();
    }
  }
  if ((lines & LINE_FLASH) != 0) flashService();
  if ((lines & LINE_FUSES) != 0) burnService();
  if ((lines & LINE_UART1) != 0) {
    while ((readUart1Status() & UART1_STATUS_RECEIVE_AVAILABLE) != 0) obey(readUart1Data());
  }
  goOn();
}

function armFeed(): void {
  const at = uptimeNs() + FEED_PERIOD_MS * NS_PER_MS;
  writeTimerAlarmLow(<u32>at);
  writeTimerAlarmHigh(<u32>(at >> 32));
  writeTimerControl(TIMER_CONTROL_ARM);
}

function obey(command: u32): void {
  assert(phase == IDLE, 'one command at a time');
  const slot = readResetMailbox(HANDOVER_SLOT);
  const other = otherSlot(slot);
  switch (command) {
    case 0x70:
      readSlots();
      if (mayMark(slot, other)) begin(startMarkPending(other, 0));
      else answer(false);
      break;
    case 0x63:
      begin(startConfirm(slot));
      break;
    case 0x74:
    case 0x75:
      padOther(other, command == 0x75);
      break;
    case 0x77:
      beHealthy();
      break;
    case 0x73:
      writeResetResetsInARow(0);
      writeResetBootRequest(RESET_BOOT_REQUEST_MODE_SAFE_MODE);
      writeResetControl(RESET_CONTROL_KEY_KEY | RESET_CONTROL_REQUEST_RESET);
      break;
    case 0x72:
      writeResetResetsInARow(0);
      writeResetControl(RESET_CONTROL_KEY_KEY | RESET_CONTROL_REQUEST_RESET);
      break;
    case 0x64:
      feeding = false;
      break;
    case 0x68:
      hang();
      break;
    case 0x78:
      readSlots();
      total = 0;
      if (mayErase(other)) emptyOther(other);
      else answer(false);
      break;
    default:
      assert(command >= 0x30 && command < 0x4c && (command & 0xf) < 0xc, 'a command is one of those above');
      readSlots();
      takeDelivery(command & 0xf);
      if (command >= 0x40) total >>= 1;
      if (mayUpload()) emptyOther(other);
      else answer(false);
  }
}

/** As the SMP server does, but for the verification. */
function mayMark(running: u32, other: u32): bool {
  if (!imageHasHash(other) || imageReason(other) != REASON_NONE || onTrial()) return false;
  return imageVersion(other) >= imageVersion(running);
}

/** What real firmware does when it has been healthy for POLICY_WELL_AFTER_MS. */
function beHealthy(): void {
  readSlots();
  writeResetResetsInARow(0);
  phase = CHANGING;
  if (isToConfirmItself()) confirmingItself(true);
}

function begin(started: bool): void {
  phase = CHANGING;
  if (!started) answer(false);
}

function answer(well: bool): void {
  phase = IDLE;
  writeUart1Data(well ? PLUS : MINUS);
}

function takeDelivery(number: u32): void {
  const place = MAP_STORAGE + number * DELIVERY_SIZE;
  copyFromBus(word, place, 4);
  source = place + 4;
  total = load<u32>(word);
}

/** The last bytes that an upload of a padded file brings; its sector was erased when that began. */
function padOther(other: u32, permanent: bool): void {
  const magic = trailer + TRAILER_COPY_DONE - TRAILER_MAGIC;
  memory.fill(trailer, 0xff, TRAILER_COPY_DONE);
  store<u32>(magic, TRAILER_MAGIC_WORD_0);
  store<u32>(magic, TRAILER_MAGIC_WORD_1, 4);
  store<u32>(magic, TRAILER_MAGIC_WORD_2, 8);
  store<u32>(magic, TRAILER_MAGIC_WORD_3, 12);
  if (permanent) store<u8>(trailer + TRAILER_COPY_DONE - TRAILER_IMAGE_OK, <u8>TRAILER_FLAG_SET);
  phase = PADDING;
  flashProgram(slotAddress(other) + MAP_SLOT_SIZE - TRAILER_COPY_DONE, trailer, TRAILER_COPY_DONE);
}

function emptyOther(other: u32): void {
  stored = 0;
  phase = EMPTYING;
  startEmptySlot(other);
}

/** Takes the next step of what is being done, if flash is ready for it. */
function goOn(): void {
  if (phase == EMPTYING) {
    const status = emptySlotStep();
    if (status == STATUS_DEFERRED) return;
    if (status == 0 && total != 0) storeNext();
    else answer(status == 0);
  }
  while (phase == STORING) {
    const status = storeStep();
    if (status == STATUS_DEFERRED) return;
    if (status == 0 && stored != total) storeNext();
    else answer(status == 0);
  }
  if (phase == PADDING && !flashBusy()) answer(takeFlashResult());
  if (phase == CHANGING && !confirmingItself(false) && !stateBusy()) answer(!stateFailed());
}

function storeNext(): void {
  const length = min<u32>(total - stored, CHUNK_SIZE);
  copyFromBus(chunk, source + stored, (length + 3) & ~3);
  startStore(stored, chunk, length);
  stored += length;
  phase = STORING;
}

function hang(): void {
  while (load<u32>(forEver) == 0) {
    // Nobody ever writes it.
  }
}
