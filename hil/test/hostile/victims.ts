// The three devices that are attacked: one that runs, one that runs an update on trial, and one in safe mode.
// Each has a confirmed image in slot A, which none of them may lose.

import { Victim } from '../../prove/noise/victim.ts';
import { Device, firmwareImage, read, second, write } from '../../rig/device.ts';

const img = 1;
const os = 0;
let running: Promise<Device> | undefined;

/** A running device of one's own: the first one is booted, the others are its forks. */
export async function runningDevice(): Promise<Device> {
  running ??= firmwareImage('1.0.0').then((image) => Device.running(image));
  const device = await running;
  return new Device(device.board.fork());
}

export async function firmware(): Promise<Victim> {
  const { board } = await runningDevice();
  board.runFor(0.3 * second);
  return new Victim(board, [0]);
}

export async function safeMode(): Promise<Victim> {
  const device = await runningDevice();
  device.ask(write, os, 5, { boot_mode: 1 });
  device.waitFor(() => device.events('SAFE_MODE').length === 1);
  return new Victim(device.board, [0]);
}

export async function trial(): Promise<Victim> {
  const device = await runningDevice();
  uploadTo(device, await firmwareImage('1.1.0'));
  const images = device.ask(read, img, 0).images as { active: boolean; hash: Uint8Array }[];
  device.ask(write, img, 0, { hash: images.find(({ active }) => !active)?.hash, confirm: false });
  device.ask(write, os, 5);
  device.waitFor(() => device.events('FIRMWARE_START').length === 2);
  device.board.runFor(0.3 * second);
  return new Victim(device.board, [0, 1]);
}

export const victims = [
  ['a running device', firmware],
  ['a device on trial', trial],
  ['a device in safe mode', safeMode],
] as const;

function uploadTo(device: Device, image: Uint8Array): void {
  for (let off = 0; off < image.length; ) {
    const data = image.subarray(off, off + 1900);
    off = device.ask(write, img, 1, { off, data, ...(off === 0 ? { len: image.length } : {}) }).off as number;
  }
}
