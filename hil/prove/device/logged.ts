// What a boot makes of a place of the boot log that it reads whole: the number of the boot that left a record there, that it is blank, or that something
// else is there.
//
// It goes on from that number, and nothing else in the record matters to it. So two devices whose logs tell of different boots are still the same to
// their next boot. This is checked as all sharing is: a boot that was shared is run in a sample, and one canary looks at more of the record.

import { crc32 } from 'node:zlib';
import { pageBytes } from '../../../host/board/flash-array.ts';
import { BootLog } from '../../../protocol/image/boot-log.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { bytesOfPage, oncePerPage } from './cells.ts';

/** The answer where there is no record: the place is blank, or holds anything else. */
const noRecord = { BLANK: -1, OTHER: -2 };

/** Whether a read is of a whole place of the log. */
export function isPlaceOfLog(address: number, length: number): boolean {
  const offset = address - MemoryMap.BOOT_LOG;
  return length === BootLog.SIZE && offset >= 0 && offset < MemoryMap.BOOT_LOG_SIZE && offset % BootLog.SIZE === 0;
}

/** The number of the boot in the place at this byte of a page, or one of `noRecord`. */
export function numberLogged(page: Int32Array, at: number): number {
  const numbers = numbersOf(page);
  numbers[at / BootLog.SIZE] ??= numberIn(bytesOfPage(page).subarray(at, at + BootLog.SIZE));
  return numbers[at / BootLog.SIZE] as number;
}

const numbersOf = oncePerPage(() => new Array<number | undefined>(pageBytes / BootLog.SIZE).fill(undefined));

function numberIn(record: Uint8Array): number {
  const { MAGIC_VALUE, OLD_MAGIC_VALUE, NUMBER, OLD_NUMBER, CRC } = BootLog;
  const view = new DataView(record.buffer, record.byteOffset, record.length);
  const [covered, crc] = [record.subarray(0, CRC), view.getUint32(CRC, true)];
  if (crc32(covered, MAGIC_VALUE) === crc) return view.getUint32(NUMBER, true);
  const isOld = view.getUint32(0, true) === OLD_MAGIC_VALUE && crc32(covered) === crc;
  if (isOld) return view.getUint32(OLD_NUMBER, true);
  return record.every((byte) => byte === 0xff) ? noRecord.BLANK : noRecord.OTHER;
}
