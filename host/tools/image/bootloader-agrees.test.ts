// The bootloader's own code (bootloader/image, compiled) on the board's flash and fuses must give the same result as the host's.

import { beforeAll, describe, expect, it } from 'vitest';
import { nameOf } from '../../../protocol/constants.ts';
import { rejectReasons } from '../../../protocol/image/reasons.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { GuestMachine } from '../../board/guest-machine.ts';
import { instantiateGuest } from '../guest.ts';
import { hostileImages, oddButGood, signed, trialDevice } from './hostile-images.ts';
import { verifyImage } from './index.ts';
import { type DeviceTrust, fusesOfTrust } from './trust.ts';

const board = new GuestMachine();
let guest: { verifySlot(slot: number): number; memory: WebAssembly.Memory };

beforeAll(async () => {
  guest = await instantiateGuest('bootloader/image/verify.ts', board.bus);
  board.machine.ram = new Uint8Array(guest.memory.buffer);
});

/** The bootloader's reason for this image in slot A of this device. */
function bootloaderSays(bytes: Uint8Array, device: DeviceTrust): string | undefined {
  for (let offset = 0; offset < Math.max(bytes.length, 1); offset += MemoryMap.SECTOR_SIZE) {
    board.machine.flash.erasePage(MemoryMap.SLOT_A + offset);
  }
  board.machine.flash.writeBytes(MemoryMap.SLOT_A, bytes);
  board.fuses.cells.set(fusesOfTrust(device));
  return nameOf(rejectReasons, guest.verifySlot(0));
}

function bothSay(bytes: Uint8Array, device: DeviceTrust): void {
  const ours = verifyImage(bytes, device.keys, device);
  expect(bootloaderSays(bytes, device), ours.message).toBe(ours.reason);
}

describe('bootloader and host say the same', () => {
  it.each(hostileImages)('of $name', ({ bytes, device, reason }) => {
    const state = { ...trialDevice, ...device };
    expect(bootloaderSays(bytes, state)).toBe(reason);
    bothSay(bytes, state);
  });

  it.each(oddButGood)('of an image with %s', (_name, bytes) => {
    bothSay(bytes, trialDevice);
  });

  it('of a good image with any one byte changed, to any of four values', () => {
    const image = signed();
    for (let offset = 0; offset < image.length; offset += 1) {
      for (const change of [0x01, 0x80, 0xff, image[offset] as number]) {
        const mutated = image.slice();
        mutated[offset] = (mutated[offset] as number) ^ change;
        bothSay(mutated, trialDevice);
      }
    }
  });

  it('of an image cut off anywhere', () => {
    const image = signed();
    for (let size = 0; size < image.length; size += 1) bothSay(image.subarray(0, size), trialDevice);
  });
});
