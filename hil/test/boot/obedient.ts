// A device whose firmware obeys single letters on its console (bootloader/testing/obedient.entry.ts), so that a test of the bootloader controls
// what the firmware does: confirm, hang, reset, ask for safe mode. Its image is small, so a boot is cheap. All else is the device under test's.

import { compileGuest } from '../../../host/tools/guest.ts';
import { parseImage, type SignOptions } from '../../../host/tools/image/index.ts';
import { BootRecord } from '../../../protocol/image/boot-record.ts';
import { type BootReport, journalOf } from '../../rig/boot-report.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { signed } from '../../rig/images.ts';
import { millisecond } from '../../rig/time.ts';

/** To verify an image and write a record into a sector that is erased before takes 70 ms. */
const usualWaitNs = 100 * millisecond;

let obedient: Promise<Uint8Array> | undefined;

/** A signed image of the obedient firmware. */
export async function image(version: string, options: Partial<SignOptions> = {}): Promise<Uint8Array> {
  obedient ??= compileGuest('bootloader/testing/obedient.entry.ts');
  return signed(version, { payload: await obedient, ...options });
}

/** What SMP and the boot state name an image by. */
export function hashOf(bytes: Uint8Array): Uint8Array {
  const { hash } = parseImage(bytes);
  if (hash === undefined) throw new Error('the image has no hash; sign it');
  return hash;
}

export class ObedientDevice extends DeviceUnderTest {
  /** Gives the firmware a letter, lets what follows happen, and returns what it has written meanwhile. */
  tell(letter: string, waitNs = usualWaitNs): string {
    this.lines.takeConsole();
    this.board.send(1, Buffer.from(letter));
    this.run(waitNs);
    return Buffer.from(this.lines.takeConsole()).toString('latin1');
  }

  /** Tells the firmware what ends in a reset, and waits for the next boot. */
  tellAndReboot(letter: string, waitNs = usualWaitNs): BootReport {
    this.tell(letter, waitNs);
    return this.settle();
  }

  /** Records in the journal that begin as a record does. */
  get recordCount(): number {
    const bytes = Buffer.from(journalOf(this.board));
    let count = 0;
    for (let at = 0; at < bytes.length; at += BootRecord.SIZE)
      if (bytes.readUInt32LE(at) === BootRecord.MAGIC_VALUE) count++;
    return count;
  }
}
