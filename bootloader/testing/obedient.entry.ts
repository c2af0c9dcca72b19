// A firmware for boot tests: it does what a byte on the console line tells it, feeds the watchdog, and nothing else. It uses boot
// state and flash jobs just as the real firmware does.
//
//   c confirm   w be healthy for long enough to confirm itself, if it is to   p mark the other slot pending   j reject the other slot   f forget the other slot       answered with + or -
//   r reset   s reset into safe mode   x fail an assertion   h hang   d stop feeding the watchdog
//   e try to erase the first sector of the running slot

import { NS_PER_MS, uptimeNs } from '../../protocol/guest/clock';
import { flashErase, flashService } from '../../protocol/guest/flash-job';
import { burnService } from '../../protocol/guest/fuse-burn';
import {
  HANDOVER_SLOT,
  LINE_FLASH,
  LINE_FUSES,
  LINE_TIMER,
  LINE_UART1,
  REASON_UNCONFIRMED,
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
  writeTimerAlarmHigh,
  writeTimerAlarmLow,
  writeTimerControl,
  writeTimerStatus,
  writeUart1Control,
  writeUart1Data,
  writeUart1InterruptEnable,
  writeWatchdogFeed,
} from '../../protocol/guest/generated/registers';
import { otherSlot, slotAddress } from '../image/slots';
import { confirmingItself, isToConfirmItself } from '../image/smp/self-confirm';
import {
  loadBootState,
  startConfirm,
  startForget,
  startMarkPending,
  startReject,
  stateBusy,
  stateFailed,
} from '../image/state/boot-state';
import { parseSlot, verifySlot } from '../image/verify';

const FEED_PERIOD_MS: u64 = 500;
const PLUS: u32 = 0x2b;
const MINUS: u32 = 0x2d;

const forEver: usize = memory.data(<i32>sizeof<u32>(), 4);
let feeding: bool = true;
let changing: bool = false;

export function reset(): void {
  loadBootState();
  parseSlot(0);
  parseSlot(1);
  writeUart1InterruptEnable(UART1_INTERRUPT_ENABLE_RECEIVE_AVAILABLE);
  writeUart1Control(UART1_CONTROL_ENABLE);
  writeIntcEnable(LINE_TIMER | LINE_UART1 | LINE_FLASH | LINE_FUSES);
  armFeed();
}

export function interrupt(lines: u32): void {
  if ((lines & LINE_TIMER) != 0) {
    writeTimerStatus(TIMER_STATUS_ALARM);
    if (feeding) writeWatchdogFeed(WATCHDOG_FEED_KEY_KEY);
    armFeed();
  }
  if ((lines & LINE_FLASH) != 0) flashService();
  if ((lines & LINE_FUSES) != 0) burnService();
  if ((lines & LINE_UART1) != 0) {
    while ((readUart1Status() & UART1_STATUS_RECEIVE_AVAILABLE) != 0) obey(readUart1Data());
  }
  if (changing && !confirmingItself(false) && !stateBusy()) {
    changing = false;
    writeUart1Data(stateFailed() ? MINUS : PLUS);
  }
}

function armFeed(): void {
  const at = uptimeNs() + FEED_PERIOD_MS * NS_PER_MS;
  writeTimerAlarmLow(<u32>at);
  writeTimerAlarmHigh(<u32>(at >> 32));
  writeTimerControl(TIMER_CONTROL_ARM);
}

function obey(command: u32): void {
  const slot = readResetMailbox(HANDOVER_SLOT);
  const other = otherSlot(slot);
  switch (command) {
    case 0x63:
      changing = verifySlot(slot) == 0 && startConfirm(slot);
      break;
    case 0x77:
      changing = isToConfirmItself();
      confirmingItself(true);
      break;
    case 0x70:
      changing = verifySlot(other) == 0 && startMarkPending(other, 0);
      if (!changing) writeUart1Data(MINUS);
      break;
    case 0x6a:
      changing = startReject(other, REASON_UNCONFIRMED);
      break;
    case 0x66:
      changing = startForget(other);
      break;
    case 0x73:
      writeResetBootRequest(RESET_BOOT_REQUEST_MODE_SAFE_MODE);
      writeResetControl(RESET_CONTROL_KEY_KEY | RESET_CONTROL_REQUEST_RESET);
      break;
    case 0x72:
      writeResetControl(RESET_CONTROL_KEY_KEY | RESET_CONTROL_REQUEST_RESET);
      break;
    case 0x64:
      feeding = false;
      break;
    case 0x65:
      flashErase(slotAddress(slot), 4096);
      break;
    case 0x68:
      hang();
      break;
    default:
      assert(false, 'told to fail');
  }
}

function hang(): void {
  while (load<u32>(forEver) == 0) {
    // Nobody ever writes it.
  }
}
