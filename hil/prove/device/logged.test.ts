// What a boot makes of the boot log, held against the log of a real device.

import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { pageBytes } from '../../../host/board/flash-array.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { BootLog } from '../../../protocol/image/boot-log.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { provingBoard } from './boards.ts';
import { makeImages, publicKeys } from './images.ts';
import { isPlaceOfLog, numberLogged } from './logged.ts';

const { SIZE, MAGIC_VALUE, OLD_MAGIC_VALUE, OLD_NUMBER, CRC } = BootLog;
const blank = -1;
const other = -2;

test('each boot leaves its number, and the next place is blank', async () => {
  const board = provingBoard(1);
  const [bootloader, images] = await Promise.all([compileGuest('bootloader/main.ts'), makeImages('agent')]);
  board.provision({ bootloader, keys: publicKeys, slots: { A: images.v1 } });
  for (let boot = 0; boot < 3; boot++) {
    board.powerOn();
    board.runFor(100_000_000);
    board.cutPower();
  }
  const page = board.machine.flash.picture().cells[MemoryMap.BOOT_LOG / pageBytes];
  expect([0, 1, 2, 3].map((place) => numberLogged(page, place * SIZE))).toEqual([1, 2, 3, blank]);
});

test('what a cut left is no record, and not blank; a record of an older bootloader is one', () => {
  const page = new Int32Array(pageBytes / 4).fill(-1);
  const view = new DataView(page.buffer);
  const record = (place: number, begin: (at: number) => void, from: number) => {
    begin(place * SIZE);
    const crc = crc32(new Uint8Array(page.buffer, place * SIZE, CRC), from);
    view.setUint32(place * SIZE + CRC, crc, true);
  };
  record(0, (at) => view.setUint32(at, 7, true), MAGIC_VALUE);
  record(1, (at) => [OLD_MAGIC_VALUE, 8].map((word, index) => view.setUint32(at + index * OLD_NUMBER, word, true)), 0);
  record(2, (at) => view.setUint32(at, 9, true), MAGIC_VALUE);
  view.setUint8(2 * SIZE + 30, 0);
  view.setUint8(3 * SIZE + 63, 0xfe);
  expect([0, 1, 2, 3, 4].map((place) => numberLogged(page, place * SIZE))).toEqual([7, 8, other, other, blank]);
});

test('only a read of one whole place is one of a record', () => {
  const { BOOT_LOG, BOOT_LOG_SIZE } = MemoryMap;
  const last = BOOT_LOG + BOOT_LOG_SIZE - SIZE;
  expect([BOOT_LOG, BOOT_LOG + SIZE, last].map((address) => isPlaceOfLog(address, SIZE))).toEqual([true, true, true]);
  const others = [BOOT_LOG - SIZE, BOOT_LOG + 4, last + SIZE].map((address) => isPlaceOfLog(address, SIZE));
  expect([...others, isPlaceOfLog(BOOT_LOG, 4), isPlaceOfLog(BOOT_LOG, 2 * SIZE)]).toEqual(Array(5).fill(false));
});
