// Burning fuses: one word at a time, read back.
//
//             startBurn                  burnService, on the FUSES line
//      IDLE -------------> BURNING ----------------------------------------> IDLE: burnFailed() says how it went
//
// When power fails during a burn, any of its ones may be burnt; burning the same ones again completes it. The bootloader waits for the line
// (`burnWait`), the firmware is called with it.

import { FUSE_WORD_COUNT, LINE_FUSES } from './generated/constants';
import {
  FUSES_COMMAND_KEY_KEY,
  FUSES_COMMAND_OPERATION_PROGRAM,
  FUSES_INTERRUPT_ENABLE_DONE,
  FUSES_STATUS_DONE,
  readFusesStatus,
  readFusesWord,
  writeFusesCommand,
  writeFusesData,
  writeFusesIndex,
  writeFusesInterruptEnable,
  writeFusesStatus,
  writeIntcWait,
} from './generated/registers';

let burning: bool = false;
let failed: bool = false;
let word: u32 = 0;
let ones: u32 = 0;

export function burnBusy(): bool {
  return burning;
}

/** Whether the last burn left a one unburnt. */
export function burnFailed(): bool {
  assert(!burning, 'a running burn has not failed yet');
  return failed;
}

/** Starts burning `bits` into a word. The caller has seen that no burn runs. */
export function startBurn(index: u32, bits: u32): void {
  assert(!burning && bits != 0, 'one burn at a time, and of something');
  assert(index < FUSE_WORD_COUNT, 'a word that there is');
  burning = true;
  failed = false;
  word = index;
  ones = bits;
  writeFusesInterruptEnable(FUSES_INTERRUPT_ENABLE_DONE);
  writeFusesIndex(index);
  writeFusesData(bits);
  writeFusesCommand(FUSES_COMMAND_KEY_KEY | FUSES_COMMAND_OPERATION_PROGRAM);
}

/** Call on the FUSES line. Harmless when nothing ended. */
export function burnService(): void {
  if ((readFusesStatus() & FUSES_STATUS_DONE) == 0) return;
  writeFusesStatus(FUSES_STATUS_DONE);
  if (!burning) return;
  assert(ones != 0 && word < FUSE_WORD_COUNT, 'the burn that ended was started here');
  burning = false;
  failed = (readFusesWord(word) & ones) != ones;
}

/** Stalls the core until the burn has ended; true if every one is burnt. */
export function burnWait(): bool {
  while (burning) {
    writeIntcWait(LINE_FUSES);
    burnService();
  }
  assert(!burning, 'the burn has ended');
  return !failed;
}
