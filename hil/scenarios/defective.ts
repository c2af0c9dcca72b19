// Updates with one known defect each, newer than the image under test and signed by its key.

import { compileGuest } from '../../host/tools/guest.ts';
import { compileFirmware } from '../../host/tools/sequencer.ts';
import type { Rig } from '../index.ts';

const entries = {
  hangs: 'firmware/defects/hangs.ts',
  'busy-loops': 'firmware/defects/busy-loops.ts',
  'never-confirms': 'firmware/defects/never-confirms.ts',
} as const;

export async function defective(rig: Rig, name: keyof typeof entries): Promise<Uint8Array> {
  return rig.update(await rig.version(2), await compileFirmware(entries[name]));
}

/** Firmware that obeys letters on its console: x is a fault. */
export async function obedient(rig: Rig): Promise<Uint8Array> {
  return rig.update(await rig.version(2), await compileGuest('bootloader/testing/obedient.entry.ts'));
}
