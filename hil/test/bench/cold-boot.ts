// From power-on to the firmware's first instruction: the bootloader's module loaded and checked, one image verified
// (SHA-256 of every byte in flash, Ed25519), the hand-over, the firmware's module loaded and its reset() run.
// The peer is what a bench without a guest would do: node's own crypto over the same bytes, and a plain WebAssembly instance.

import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import { Board } from '../../../host/board/board.ts';
import { developmentKey } from '../../../host/tools/build.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { rawPublicKey, signImage } from '../../../host/tools/image/index.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';
import { inTurn } from './measure.ts';
import type { BenchRow } from './row.ts';

/** The image is the firmware, padded to a multiple of this: it stays the same while the firmware grows a little. */
const stepBytes = 32 * 1024;
const goalMs = 3;
const rounds = 21;
/** Far more virtual time than any boot takes. */
const bootLimitNs = 10e9;

/** The firmware grown to `size` bytes by a custom section, which wasm says an engine skips. */
function padModule(module: Uint8Array, size: number): Uint8Array {
  // Section id 0, its length in five bytes of LEB128, then a name of zero length.
  const content = size - module.length - 6;
  if (content < 1) throw new Error(`a module of ${module.length} bytes cannot be padded to ${size}`);
  const padded = new Uint8Array(size).fill(0x5a);
  padded.set(module);
  padded[module.length] = 0;
  for (let i = 0; i < 5; i++) padded[module.length + 1 + i] = ((content >>> (7 * i)) & 0x7f) | (i < 4 ? 0x80 : 0);
  padded[module.length + 6] = 0;
  return padded;
}

/** The firmware as the rows of boots and uploads use it. The padding is a section, which takes some bytes itself. */
export const padFirmware = (module: Uint8Array): Uint8Array =>
  padModule(module, stepBytes * Math.ceil((module.length + stepBytes / 32) / stepBytes));

/** Row `cold-boot`: milliseconds of wall time, with the modules' checks and compilation in the cache as for any reboot. */
export async function benchColdBoot(): Promise<BenchRow[]> {
  const privateKeyPem = developmentKey();
  const payload = padFirmware(await compileFirmware('firmware/main.ts'));
  const image = signImage({ payload, privateKeyPem, version: '1.0.0', securityCounter: 1 });
  const board = new Board({ seed: 1 });
  const key = rawPublicKey(privateKeyPem);
  board.provision({ bootloader: await compileGuest('bootloader/main.ts'), keys: [key], slots: { A: image } });
  const off = board.snapshot();
  const plain = new WebAssembly.Module(payload as BufferSource);
  const publicKey = createPublicKey(privateKeyPem);
  const digest = createHash('sha256').update(image.subarray(0, payload.length)).digest();
  const signature = sign(null, digest, privateKeyPem);
  const [ours, peer] = await inTurn(rounds, coldBoot, peerBoot);
  return [
    {
      ...{ id: 'cold-boot', value: ours, unit: 'ms', goal: goalMs },
      ...{ peer: 'node:crypto and a bare WebAssembly.Instance', peerValue: peer },
    },
  ];

  function coldBoot(): void {
    board.restore(off);
    board.powerOn();
    while (board.state !== 'firmware') {
      if (board.now - bootLimitNs > 0 || board.state === 'halted')
        throw new Error(`cold boot: the board is ${board.state}`);
      board.runUntil(board.nextEventTime + 1);
    }
    board.runUntil(board.now + 1);
  }

  function peerBoot(): void {
    if (!verify(null, createHash('sha256').update(image.subarray(0, payload.length)).digest(), publicKey, signature))
      throw new Error('the peer refuses the image');
    const bus = { read32: () => 0, write32: () => undefined };
    new WebAssembly.Instance(plain, { bus });
  }
}
