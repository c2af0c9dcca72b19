// The emulated device of commands that bring their own: as it leaves the factory, with what a build made, and its firmware running.

import { DeviceUnderTest } from '../hil/rig/device.ts';
import type { MultiplexerSize } from '../host/board/multiplexer/bank.ts';
import type { Surroundings } from '../host/board/surroundings.ts';
import type { Build } from '../host/tools/build.ts';

export interface FactoryOptions {
  seed: number;
  surroundings?: () => Surroundings;
  multiplexer?: MultiplexerSize;
}

/** `build` must have made the image 'factory'. */
export function factoryDevice(build: Build, options: FactoryOptions): Promise<DeviceUnderTest> {
  const image = build.images.get('factory');
  if (!image) throw new Error("the build made no image 'factory'");
  const { bootloader, publicKey } = build;
  return DeviceUnderTest.running({ ...options, slots: { A: image.bytes }, bootloader, keys: [publicKey] });
}
