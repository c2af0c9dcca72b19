// Changing flash: one job at a time, either an erase of whole sectors or a program of any bytes anywhere.
//
// A job runs operation by operation: the controller raises the FLASH line when one ends, `flashService` reads back what it
// did and starts the next. So the core is free in between, and a job that ended well is known to be in the cells.
// The bootloader, which has nothing else to do before it has decided, waits for the line instead (`flashWait`).
//
//             flashErase, flashProgram             flashService, last operation
//      IDLE ---------------------------> RUNNING ------------------------------> IDLE, takeFlashResult() says how it went
//                                        |     ^
//                                        +-----+  flashService, more to do
//
// A program operation writes units of 8 bytes; what the job does not cover of a unit is sent as 0xFF, which changes nothing;
// where the cells already held zeros the controller calls that a PROGRAM_ERROR, so the read-back decides whether the job went well, and not that bit.

import { copyFromBus, copyToBus } from './dma';
import { LINE_FLASH, MAP_FLASH_SIZE, MAP_PAGE_SIZE, MAP_SECTOR_SIZE, MAP_UNIT_SIZE } from './generated/constants';
import {
  FLASH_BUFFER,
  FLASH_COMMAND_KEY_KEY,
  FLASH_COMMAND_OPERATION_ERASE_SECTOR,
  FLASH_COMMAND_OPERATION_PROGRAM,
  FLASH_INTERRUPT_ENABLE_DONE,
  FLASH_STATUS_DONE,
  FLASH_STATUS_PROGRAM_ERROR,
  readFlashStatus,
  writeFlashAddress,
  writeFlashCommand,
  writeFlashInterruptEnable,
  writeFlashLength,
  writeFlashStatus,
  writeIntcWait,
} from './generated/registers';
import { isInRam } from './ram';
import { sameBytes } from './same-bytes';

const IDLE: u32 = 0;
const ERASING: u32 = 1;
const PROGRAMMING: u32 = 2;

const page: usize = memory.data(<i32>MAP_PAGE_SIZE, 8);
const readBack: usize = memory.data(<i32>MAP_PAGE_SIZE, 8);

let phase: u32 = 0;
let failed: bool = false;
/** Whether the result of the last job was taken, or there was no job yet. */
let taken: bool = true;
let failures: u32 = 0;
/** Where the running operation works, and how many bytes the job still has from there on. */
let address: u32 = 0;
let remaining: u32 = 0;
/** Bytes of the job the running program operation covers, and where in RAM they are. */
let chunk: u32 = 0;
let source: usize = 0;

export function flashBusy(): bool {
  assert(phase <= PROGRAMMING, 'a job erases or programs');
  return phase != IDLE;
}

/**
 * Whether the job ended with the cells as they should be. To be called once a job, by the code that began it: how an earlier job of other code
 * ended says nothing about a request that needed no job.
 */
export function takeFlashResult(): bool {
  assert(phase == IDLE, 'a running job has no result yet');
  assert(!taken, 'the caller has begun a job since the last result');
  taken = true;
  return !failed;
}

/** Jobs since reset that did not read back as written. */
export function flashFailures(): u32 {
  assert(!failed || failures != 0, 'a job that failed is counted');
  return failures;
}

/** Starts erasing `length` bytes, both in whole sectors. The caller has seen that no job runs. */
export function flashErase(from: u32, length: u32): void {
  assert(((from | length) & (MAP_SECTOR_SIZE - 1)) == 0 && length != 0, 'an erase covers whole sectors');
  begin(ERASING, from, length);
  startErase();
}

/** Starts programming `length` bytes from `bytes`, which must stay as they are until the job ends. */
export function flashProgram(to: u32, bytes: usize, length: u32): void {
  assert(length != 0 && isInRam(bytes, length), 'a program job has bytes to program, in memory');
  assert(bytes != page && bytes != readBack, 'the bytes are not in the buffers of the job');
  begin(PROGRAMMING, to, length);
  source = bytes;
  startPage();
}

/** Call on the FLASH line: checks the operation that ended and starts the next. Harmless when nothing ended. */
export function flashService(): void {
  const status = readFlashStatus();
  if ((status & FLASH_STATUS_DONE) == 0) return;
  assert(phase == IDLE || remaining != 0, 'a job that runs has something left to do');
  writeFlashStatus(FLASH_STATUS_DONE | FLASH_STATUS_PROGRAM_ERROR);
  if (phase == ERASING) finishErase();
  else if (phase == PROGRAMMING) finishPage();
}

/** Stalls the core until the job has ended; true if it ended well. */
export function flashWait(): bool {
  while (phase != IDLE) {
    writeIntcWait(LINE_FLASH);
    flashService();
  }
  assert(failed || remaining == 0, 'a job that ended well has done all of it');
  return !failed;
}

function begin(kind: u32, from: u32, length: u32): void {
  assert(kind == ERASING || kind == PROGRAMMING, 'a job erases or programs');
  assert(phase == IDLE, 'one flash job at a time');
  assert(from < MAP_FLASH_SIZE && length <= MAP_FLASH_SIZE - from, 'the job lies in flash');
  phase = kind;
  failed = false;
  taken = false;
  address = from;
  remaining = length;
  writeFlashInterruptEnable(FLASH_INTERRUPT_ENABLE_DONE);
}

function startErase(): void {
  assert(phase == ERASING, 'an erase job runs');
  assert((address & (MAP_SECTOR_SIZE - 1)) == 0 && remaining >= MAP_SECTOR_SIZE, 'a whole sector is left to erase');
  writeFlashAddress(address);
  writeFlashCommand(FLASH_COMMAND_KEY_KEY | FLASH_COMMAND_OPERATION_ERASE_SECTOR);
}

function finishErase(): void {
  assert(phase == ERASING, 'an erase job runs');
  if (!isErased(address, MAP_SECTOR_SIZE)) {
    end(true);
    return;
  }
  assert(remaining >= MAP_SECTOR_SIZE, 'what was erased is part of the job');
  assert(((address | remaining) & (MAP_SECTOR_SIZE - 1)) == 0, 'an erase goes on by whole sectors');
  address += MAP_SECTOR_SIZE;
  remaining -= MAP_SECTOR_SIZE;
  if (remaining == 0) end(false);
  else startErase();
}

function startPage(): void {
  assert(phase == PROGRAMMING && remaining != 0, 'a program job has bytes left');
  const lead = address & (MAP_UNIT_SIZE - 1);
  chunk = min<u32>(remaining, MAP_PAGE_SIZE - (address & (MAP_PAGE_SIZE - 1)));
  const span = (lead + chunk + MAP_UNIT_SIZE - 1) & ~(MAP_UNIT_SIZE - 1);
  assert(chunk != 0 && lead + chunk <= span, 'the bytes of an operation lie in its units');
  assert(span <= MAP_PAGE_SIZE, 'one operation stays in its page');
  memory.fill(page, 0xff, span);
  memory.copy(page + lead, source, chunk);
  copyToBus(FLASH_BUFFER, page, span);
  writeFlashAddress(address - lead);
  writeFlashLength(span);
  writeFlashCommand(FLASH_COMMAND_KEY_KEY | FLASH_COMMAND_OPERATION_PROGRAM);
}

function finishPage(): void {
  assert(phase == PROGRAMMING, 'a program job runs');
  assert(chunk != 0 && chunk <= remaining && chunk <= MAP_PAGE_SIZE, 'what was programmed is part of the job');
  copyFromBus(readBack, address, chunk);
  if (!sameBytes(readBack, source, chunk)) {
    end(true);
    return;
  }
  assert(address <= MAP_FLASH_SIZE - chunk, 'the job lies in flash');
  address += chunk;
  source += chunk;
  remaining -= chunk;
  if (remaining == 0) end(false);
  else startPage();
}

function end(badly: bool): void {
  assert(phase != IDLE, 'a job that runs ends, once');
  assert(badly || remaining == 0, 'a job ends well when nothing is left of it');
  phase = IDLE;
  failed = badly;
  if (badly) failures++;
}

/** Whether `length` bytes at `from` read as ones; both are multiples of 8. */
export function isErased(from: u32, length: u32): bool {
  assert(((from | length) & (MAP_UNIT_SIZE - 1)) == 0, 'erased cells are looked at by units');
  assert(from <= MAP_FLASH_SIZE && length <= MAP_FLASH_SIZE - from, 'the cells lie in flash');
  for (let done: u32 = 0; done < length; ) {
    const piece = min<u32>(length - done, MAP_PAGE_SIZE);
    assert(piece != 0 && (piece & (MAP_UNIT_SIZE - 1)) == 0, 'pieces are whole units');
    copyFromBus(readBack, from + done, piece);
    for (let offset: u32 = 0; offset < piece; offset += 8) {
      if (load<u64>(readBack + offset) != u64.MAX_VALUE) return false;
    }
    done += piece;
  }
  return true;
}
