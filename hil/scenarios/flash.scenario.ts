// Flash as it is after years: cells that take no more writes, records that a cut or a flipped bit spoiled, logs that begin again at their start.
//
// What must stay true: worn cells are made past the rig, so such a run is not recorded; a replay of its failure says so.

import { decodeCalibration, encodeCalibration } from '../../host/tools/calibration-record.ts';
import { readCalibration, storeCalibration } from '../../host/tools/smp/readout.ts';
import { Calibration } from '../../protocol/calibration/record.ts';
import { BootLog } from '../../protocol/image/boot-log.ts';
import { BootRecord } from '../../protocol/image/boot-record.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { event, healthy, type InsideRig, lastBoot, not, register, runs, scenario, slots, within } from '../index.ts';
import { refusedFor } from './refused.ts';

/** While `work` runs, the cells from `start` on take no writes, and no erase. */
async function worn({ device }: InsideRig, start: number, size: number, work: () => Promise<void>): Promise<void> {
  const { flash } = device.board.machine;
  const [writeWord, erasePage] = [flash.writeWord.bind(flash), flash.erasePage.bind(flash)];
  const isWorn = (address: number) => address >= start && address < start + size;
  flash.writeWord = (address, value) => (isWorn(address) ? undefined : writeWord(address, value));
  flash.erasePage = (address) => (isWorn(address) ? undefined : erasePage(address));
  try {
    await work();
  } finally {
    [flash.writeWord, flash.erasePage] = [writeWord, erasePage];
  }
}

const record = (offset: number) => {
  const made = decodeCalibration(new Uint8Array());
  made.thermometerOffsets.fill(offset);
  return encodeCalibration(made);
};

scenario(
  'flash that takes no more writes is told to every client, and what was there before is still in force',
  { needs: 'inside', from: 'uploaded-1.1' },
  async (rig) => {
    const { client } = rig;
    const [, spare] = await rig.images();
    await storeCalibration(client, record(100));
    await worn(rig, MemoryMap.CALIBRATION_0, 2 * MemoryMap.SECTOR_SIZE, async () => {
      await refusedFor(rig, 'FLASH', storeCalibration(client, record(200)));
    });
    await rig.check(event('CALIBRATION_FAILED'));
    await worn(rig, MemoryMap.BOOT_STATE_0, 2 * MemoryMap.SECTOR_SIZE, async () => {
      await refusedFor(rig, 'FLASH_WRITE', client.imageTest(spare.hash as Uint8Array));
    });
    await worn(rig, MemoryMap.SLOT_B, MemoryMap.SLOT_SIZE, async () => {
      const update = await rig.update(await rig.version(2));
      await refusedFor(rig, 'FLASH', client.upload(update));
      await refusedFor(rig, 'FLASH', client.erase());
    });
    const { payload } = await readCalibration(client);
    await rig.check(() => Buffer.from(payload).equals(Buffer.from(record(100))), slots({ A: 'CONFIRMED' }));
    // The cells are good again: everything is as before the wear.
    await storeCalibration(client, record(200));
    await client.imageTest(await rig.upload(await rig.update(await rig.version(2))));
  },
);

async function boots(rig: InsideRig, count: number): Promise<void> {
  for (let boot = 0; boot < count; boot++) {
    rig.pullReset();
    await rig.wait('10 ms');
  }
}

scenario(
  'a device that was reset a hundred times tells of each boot that its log still holds, and begins a new sector where one is full',
  { needs: 'inside' },
  async (rig) => {
    const perSector = MemoryMap.SECTOR_SIZE / BootLog.SIZE;
    for (const more of [perSector - 2, 1, 1, perSector - 1, 1]) {
      await boots(rig, more);
      const log = await rig.bootLog();
      const { number } = log[log.length - 1];
      await rig.check(() => log.every((each, index) => each.number === number - log.length + 1 + index));
      rig.note(`${log.length} boots in the log, the last one is number ${number}`);
    }
    await rig.check(lastBoot({ decision: 'CONFIRMED', slot: 'A' }));
    // Resets by the watchdog in a row are forgotten once it has been healthy for a minute, also when nobody asks.
    rig.fault('firmware-lock at core');
    await rig.wait('2 s');
    await rig.check(not(register('RESET.RESETS_IN_A_ROW', 0)));
    await rig.wait('65 s');
    await rig.check(register('RESET.RESETS_IN_A_ROW', 0));
  },
);

scenario(
  'a bit flips in the newest records of flash: the ones before count, and the device boots and works by them',
  { needs: 'inside' },
  async (rig) => {
    const { client, device } = rig;
    for (const offset of [100, 200, 300]) await storeCalibration(client, record(offset));
    await client.imageTest(await rig.upload(await rig.update()));
    /** Flips a bit in the last record of these sectors that is not blank. */
    const spoil = (start: number, size: number, at: number) => {
      const bytes = Buffer.from(device.programmer.read(start, 2 * MemoryMap.SECTOR_SIZE));
      let last = 0;
      for (let place = 0; place < bytes.length; place += size)
        if (bytes.subarray(place, place + size).some((byte) => byte !== 0xff)) last = place;
      device.programmer.flipBit(start + last + at, 3);
    };
    spoil(MemoryMap.CALIBRATION_0, Calibration.PLACE_SIZE, Calibration.PAYLOAD + 577);
    spoil(MemoryMap.BOOT_STATE_0, BootRecord.SIZE, 20);
    rig.pullReset();
    await rig.wait('3 s');
    // What was pending is forgotten with its record, and the calibration before the last one is in force.
    await rig.check(runs(await rig.version(), { confirmed: true }), slots({ A: 'CONFIRMED', B: 'UNMARKED' }));
    const { payload } = await readCalibration(client);
    await rig.check(() => Buffer.from(payload).equals(Buffer.from(record(200))));
    await storeCalibration(client, record(300));
  },
);

scenario(
  'the image that runs on trial rots in flash: it goes on, but is never confirmed',
  { needs: 'inside', from: 'trial-1.1' },
  async (rig) => {
    await rig.until(healthy(), within('10 s'));
    rig.device.programmer.flipBit(MemoryMap.SLOT_B + 5000, 3);
    await refusedFor(rig, 'HASH_MISMATCH', rig.client.imageConfirm());
    rig.device.programmer.flipBit(MemoryMap.SLOT_B, 3);
    await refusedFor(rig, 'NO_IMAGE', rig.client.imageConfirm());
    rig.pullReset();
    await rig.check(runs(await rig.version(), { confirmed: true }));
  },
);

scenario(
  'the boot state is lost as a whole: the newest good image is rescued, on trial, until somebody confirms it',
  { needs: 'inside', from: 'uploaded-1.1' },
  async (rig) => {
    for (const sector of [MemoryMap.BOOT_STATE_0, MemoryMap.BOOT_STATE_1])
      rig.device.programmer.write(sector, new Uint8Array(MemoryMap.SECTOR_SIZE).fill(0xff));
    rig.pullReset();
    await rig.check(lastBoot({ decision: 'RESCUE', slot: 'B' }));
    await rig.wait('3 s');
    await rig.until(healthy(), within('10 s'));
    await rig.client.imageConfirm();
    await rig.check(runs(await rig.version(1), { confirmed: true }));
  },
);
