// A device says over SMP what it runs, and the verifier of a fleet believes it.

import { beforeAll, expect, test } from 'vitest';
import { referenceOf } from '../../../host/fleet/attestation/files.ts';
import { hex } from '../../../host/fleet/attestation/token.ts';
import { Verifier } from '../../../host/fleet/attestation/verifier.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { readToken } from '../../../host/tools/smp/attestation.ts';
import { readFuseReport } from '../../../host/tools/smp/boot-group.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';

let device: DeviceUnderTest;
beforeAll(async () => {
  device = await DeviceUnderTest.running();
});

async function attested(verifier: Verifier, serial: string) {
  return verifier.check(await readToken(device.client(), verifier.ask(serial)));
}

test('a device is believed by its key and by what its release measures', async () => {
  const bootloader = await compileGuest('bootloader/main.ts');
  const first = await firmwareImage('1.0.0');
  const serial = hex((await readFuseReport(device.client())).serial);
  const references = [referenceOf(first, bootloader, 'first')];
  const devices = new Map([[serial, hex(device.board.life.attest.publicKey())]]);
  const verifier = new Verifier({ devices, references, nowMs: () => 0 });
  expect((await attested(verifier, serial)).reference.release).toBe('1.0.0');
  references[0] = referenceOf(first, bootloader.slice(1), 'another bootloader');
  await expect(attested(verifier, serial)).rejects.toThrow(/its bootloader measures/);
  references[0] = { ...referenceOf(first, bootloader, 'first'), image: 'ab'.repeat(32) };
  await expect(attested(verifier, serial)).rejects.toThrow(/its image measures/);
});
