// An image on its way into a device, over its gateway line, in virtual time.

import { type Device, read, write } from './device.ts';

const img = 1;

/** Uploads in chunks as clients do and returns the hash the device knows it by. */
export function upload(device: Device, file: Uint8Array): Uint8Array {
  let off = 0;
  while (off < file.length) {
    const data = file.subarray(off, off + 1200);
    const reply = device.ask(write, img, 1, off === 0 ? { off, len: file.length, data } : { off, data });
    if (reply.off !== off + data.length) throw new Error(`upload: at ${off} the device says ${JSON.stringify(reply)}`);
    off = reply.off as number;
  }
  const images = device.ask(read, img, 0).images as { active: boolean; hash: Uint8Array }[];
  const uploaded = images.find(({ active }) => !active);
  if (!uploaded) throw new Error('the device does not list what it was sent');
  return uploaded.hash;
}
