// A power cut tears a record, in whatever place of the journal, and its unstable bits read right only after the device has recorded something else.
// What was recorded later counts.

import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { image, ObedientDevice } from './obedient.ts';

const places = (2 * MemoryMap.SECTOR_SIZE) / BootRecord.SIZE;
const placeAddress = (place: number) => MemoryMap.BOOT_STATE_0 + (place % places) * BootRecord.SIZE;

/** The record, with another sequence number. */
function numbered(record: Uint8Array, sequence: number): Buffer {
  const copy = Buffer.from(record);
  copy.writeUInt32LE(sequence, BootRecord.SEQUENCE);
  copy.writeUInt32LE(crc32(copy.subarray(0, BootRecord.CRC)), BootRecord.CRC);
  return copy;
}

test.each([
  ['in the middle of a sector', 40],
  ['at the end of the first sector', places / 2 - 1],
  ['at the end of the second sector', places - 1],
])('a torn record %s, which reads right later, is not the newest', async (_, torn) => {
  const device = await ObedientDevice.make({ slots: { A: await image('1.0.0') } });
  device.powerOn();
  device.board.cutPower();
  const { programmer } = device;
  // What the first boot recorded: a boot that finds it has nothing to record.
  const settled = programmer.read(placeAddress(device.recordCount - 1), BootRecord.SIZE);
  for (let place = 0; place < torn; place++) programmer.write(placeAddress(place), numbered(settled, place + 1));
  const lost = numbered(settled, torn + 1);
  programmer.write(placeAddress(torn), lost);
  programmer.flipBit(placeAddress(torn) + BootRecord.ENTRIES, 3);
  programmer.place('B', await image('2.0.0'));
  device.powerOn();
  expect(device.tell('p')).toBe('+');
  device.board.cutPower();
  programmer.write(placeAddress(torn), lost);
  expect(device.powerOn()).toMatchObject({ decision: 'TRIAL_FIRST', slot: 'B' });
});
