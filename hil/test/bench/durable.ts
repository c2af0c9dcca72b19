// What it costs that a device survives kill -9: every answer of an upload waits until the change it reports is on disk.
//
// flash-durable: our client uploads an image over UDP to a device in real time that is kept in a file, and to one that is not, in turn.
// The rate is measured on the device, from the first chunk to the last byte.
//
// flash-sync: what one answer waits for: a chunk of an upload is kept. The peer writes as many bytes to a file on the same disk, in room that
// is there already, and syncs them: that is the minimum. The disk of this machine decides both.

import { closeSync, fdatasyncSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FlashArray } from '../../../host/board/flash-array.ts';
import { DeviceFile } from '../../../host/links/device-file/device-file.ts';
import { Fuse, MemoryMap } from '../../../protocol/memory-map.ts';
import { interopFolder } from '../interop/install.ts';
import { LiveDevice } from '../interop/live-device.ts';
import { inTurn } from './measure.ts';
import { type BenchRow, median } from './row.ts';
import { uploadRate } from './upload.ts';

const rounds = 5;
/** Of the speed without: a person does not notice the rest. */
const goalOfPeer = 0.8;
const chunkBytes = 1400;
const chunksARound = 50;
const syncRounds = 11;
/** Beside the bare write. */
const syncGoalOfPeer = 2;

/** Rows `flash-durable`, in KiB/s, and `flash-sync`, in milliseconds. */
export async function benchDurable(): Promise<BenchRow[]> {
  mkdirSync(interopFolder, { recursive: true });
  const folder = mkdtempSync(join(interopFolder, 'durable-'));
  try {
    return [await uploads(join(folder, 'device.bin')), await syncs(folder)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function uploads(path: string): Promise<BenchRow> {
  const devices = [await LiveDevice.start(['--flash', path]), await LiveDevice.start()];
  try {
    const rates: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      for (const [which, device] of devices.entries()) {
        const client = await device.own();
        rates[which].push(await uploadRate(device, `2.${round}.0`, ({ bytes }) => client.upload(bytes)));
      }
    }
    const [value, peerValue] = rates.map(median);
    const peer = 'the same without --flash';
    return { id: 'flash-durable', value, unit: 'KiB/s', goal: goalOfPeer * peerValue, peer, peerValue };
  } finally {
    for (const device of devices) await device.close();
  }
}

async function syncs(folder: string): Promise<BenchRow> {
  const [flash, fuses] = [new FlashArray(() => 0), new Uint32Array(Fuse.WORD_COUNT)];
  const device = { flashPicture: () => flash.picture(), fuseWords: () => fuses };
  const file = DeviceFile.open(join(folder, 'sync.bin'));
  file.begin(device);
  const bare = openSync(join(folder, 'bare'), 'w');
  const room = new Uint8Array(2 * 1024 * 1024);
  writeSync(bare, room, 0, room.length, 0);
  fdatasyncSync(bare);
  let [kept, written] = [0, 0];
  const chunk = (number: number) => new Uint8Array(chunkBytes).fill(1 + (number % 250));
  try {
    const [own, other] = await inTurn(
      syncRounds,
      () => {
        for (let i = 0; i < chunksARound; i++, kept++) {
          flash.writeBytes(MemoryMap.SLOT_B + ((kept * chunkBytes) % MemoryMap.SLOT_SIZE), chunk(kept));
          file.keep(device);
        }
      },
      () => {
        for (let i = 0; i < chunksARound; i++, written++) {
          writeSync(bare, chunk(written), 0, chunkBytes, (written * chunkBytes) % (room.length - chunkBytes));
          fdatasyncSync(bare);
        }
      },
    );
    const [value, peerValue] = [own / chunksARound, other / chunksARound];
    const row = { id: 'flash-sync', value, unit: 'ms', goal: syncGoalOfPeer * peerValue };
    return { ...row, peer: 'the same bytes written and synced', peerValue };
  } finally {
    closeSync(bare);
    file.close();
  }
}
