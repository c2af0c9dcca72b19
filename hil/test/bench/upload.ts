// Upload of an image over UDP to a device that runs in real time, by smpmgr and by our own client, in turn.
//
// What limits both is the flash: a sector takes 45 ms to erase and each of its 16 pages 0.4 ms to program, so no client can pass
// 76 KiB/s at speed 1. smpmgr waits for each answer before it sends the next 1.4 KiB, so the round trip of every chunk comes on top, and
// what our side of that costs is `echo-rtt` (links.ts). Our client keeps the device's four buffers filled. Measured on the device, from
// the first chunk to the last byte, so that the start of Python is not counted.

import { smpmgr } from '../interop/clients/smpmgr.ts';
import { type UpdateFile, updateFile } from '../interop/images.ts';
import { pythonTool } from '../interop/install.ts';
import { LiveDevice } from '../interop/live-device.ts';
import { padFirmware } from './cold-boot.ts';
import { type BenchRow, median } from './row.ts';

const rounds = 3;

/** Four fifths of what the flash allows: our client is to leave no more than that to chance. */
const ownGoal = 60;

/** Rows `upload-smpmgr` and `upload-own`, each the other's peer, in KiB/s; the first is for comparison only. */
export async function benchUpload(): Promise<BenchRow[]> {
  const tool = await pythonTool('smpmgr');
  const device = await LiveDevice.start();
  try {
    const client = await device.own();
    const other = tool.path === undefined ? undefined : smpmgr(tool.path, device, 'UDP');
    const [ours, theirs]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      // The device knows an image it has already: each upload is of another version.
      ours.push(await uploadRate(device, `2.${round}.0`, ({ bytes }) => client.upload(bytes)));
      if (other) theirs.push(await uploadRate(device, `2.${round}.1`, ({ path }) => other.upload(path)));
    }
    const own = median(ours);
    const peer = other ? median(theirs) : 0;
    const name = other ? 'smpmgr 0.19.1' : `none: ${tool.missing}`;
    const unit = 'KiB/s';
    return [
      { id: 'upload-smpmgr', value: peer, unit, goal: 0, peer: other ? 'our client' : name, peerValue: own },
      { id: 'upload-own', value: own, unit, goal: ownGoal, peer: name, peerValue: peer },
    ];
  } finally {
    await device.close();
  }
}

/** KiB/s of an upload, as the device saw it. */
export async function uploadRate(
  device: LiveDevice,
  version: string,
  upload: (file: UpdateFile) => Promise<unknown>,
): Promise<number> {
  const file = await updateFile(device.folder, version, padFirmware);
  const { mark } = device;
  await upload(file);
  const begin = await device.event('upload-start', mark);
  const end = await device.event('upload-done', mark, { matched: true });
  return file.bytes.length / 1024 / ((end.timeNs - begin.timeNs) / 1e9);
}
