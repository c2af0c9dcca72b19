// The chip measures what it loads: a device that booted is believed by the values of its release, and by no others.

import { expect, test } from 'vitest';
import { referenceOf } from '../../../host/fleet/attestation/files.ts';
import { hex } from '../../../host/fleet/attestation/token.ts';
import { Verifier } from '../../../host/fleet/attestation/verifier.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { ATTEST } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';

/** A token, asked of the engine by its registers. */
function token({ board: { machine } }: DeviceUnderTest, nonce: Uint8Array): Uint8Array {
  for (const [word, value] of new Uint32Array(nonce.slice().buffer).entries())
    machine.poke(ATTEST, 'NONCE', value, word);
  machine.poke(ATTEST, 'COMMAND', 1);
  const words = Uint32Array.from({ length: 64 }, (_, word) => machine.peek(ATTEST, 'TOKEN', word));
  return new Uint8Array(words.buffer).slice(0, machine.peek(ATTEST, 'LENGTH'));
}

test('a device that booted is believed by what its release measures, the same after a reset, and without power it forgets', async () => {
  const [device, bootloader, image] = [
    await DeviceUnderTest.running(),
    await compileGuest('bootloader/main.ts'),
    await firmwareImage('1.0.0'),
  ];
  const { board } = device;
  const serial = hex(new Uint8Array(board.fuseWords().buffer, Fuse.SERIAL * 4, 16));
  const references = [referenceOf(image, bootloader, 'the release')];
  const devices = new Map([[serial, hex(board.life.attest.publicKey())]]);
  const verifier = new Verifier({ devices, references, nowMs: () => 0 });
  const attested = () => verifier.check(token(device, verifier.ask(serial))).reference.release;
  expect(attested()).toBe('1.0.0');
  const snapshot = board.snapshot();
  device.powerCycle();
  expect(attested()).toBe('1.0.0');
  board.restore(snapshot);
  expect(attested()).toBe('1.0.0');
  references[0] = referenceOf(image, bootloader.slice(1), 'another bootloader');
  expect(attested).toThrow(/its bootloader measures/);
  references[0] = { ...referenceOf(image, bootloader, 'the release'), image: 'ab'.repeat(32) };
  expect(attested).toThrow(/its image measures/);
});
