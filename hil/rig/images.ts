// Signed images for a device under test. They are made from the sources of this repository, and the same sources give the same bytes.

import { type SignOptions, signImage } from '../../host/tools/image/index.ts';
import { compileFirmware } from '../../host/tools/sequencer.ts';
import { keys } from './keys.ts';

/** A payload as a signed image: by the first of the keys and with security counter 1, unless `options` say otherwise. */
export function signed(version: string, options: Partial<SignOptions> & { payload: Uint8Array }): Uint8Array {
  return signImage({ privateKeyPem: keys[0].privateKeyPem, version, securityCounter: 1, ...options });
}

/** The firmware as a signed image. `entry` is its source: firmware/main.ts, or one of firmware/defects, each of which has one defect. */
export async function firmwareImage(version: string, entry = 'firmware/main.ts'): Promise<Uint8Array> {
  return signed(version, { payload: await compileFirmware(entry) });
}
