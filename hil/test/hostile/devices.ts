// The three devices that are attacked: one that runs, one that runs an update on trial, and one in safe mode.
// Each has a confirmed image in slot A, which none of them may lose.

import { CheckedDevice } from '../../prove/noise/checked-device.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { write } from '../../rig/lines.ts';
import { second } from '../../rig/time.ts';

const img = 1;
const os = 0;
let running: Promise<DeviceUnderTest> | undefined;

/** A running device of one's own: the first one is booted, the others are its forks. */
export async function runningDevice(): Promise<DeviceUnderTest> {
  running ??= firmwareImage('1.0.0').then((image) => DeviceUnderTest.running({ slots: { A: image } }));
  const device = await running;
  return device.fork();
}

export async function firmware(): Promise<CheckedDevice> {
  const { board } = await runningDevice();
  board.runFor(0.3 * second);
  return new CheckedDevice(board, [0]);
}

export async function safeMode(): Promise<CheckedDevice> {
  const device = await runningDevice();
  device.request(write, os, 5, { boot_mode: 1 });
  device.waitFor(() => device.events('SAFE_MODE').length === 1);
  return new CheckedDevice(device.board, [0]);
}

export async function trial(): Promise<CheckedDevice> {
  const device = await runningDevice();
  const hash = await device.upload(await firmwareImage('1.1.0'));
  device.request(write, img, 0, { hash, confirm: false });
  device.request(write, os, 5);
  device.waitFor(() => device.events('FIRMWARE_START').length === 2);
  device.board.runFor(0.3 * second);
  return new CheckedDevice(device.board, [0, 1]);
}

export const checkedDevices = [
  ['a running device', firmware],
  ['a device on trial', trial],
  ['a device in safe mode', safeMode],
] as const;
