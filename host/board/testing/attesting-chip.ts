// A chip with nothing but its attestation engine, and a release that it runs.

import { ATTEST } from '../../../protocol/generated/registers.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { AttestationEngine, Measured } from '../devices/attest.ts';
import { Rig } from '../devices/rig.ts';

/** What the chip measures: SHA-256, in hexadecimal. */
export interface Loaded {
  bootloader: string;
  image: string;
}

export const reference = { release: '1.2.0', bootloader: 'b0'.repeat(32), image: '1a'.repeat(32) };

export class Chip {
  readonly serial: string;
  private readonly rig: Rig<AttestationEngine>;

  constructor(number: number, { bootloader, image }: Loaded = reference, rootKey = new Uint8Array(32).fill(5)) {
    const fuses = new Uint32Array(Fuse.WORD_COUNT);
    fuses[Fuse.SERIAL] = number;
    this.serial = hex(new Uint8Array(fuses.buffer, Fuse.SERIAL * 4, 16));
    this.rig = new Rig((machine) => new AttestationEngine(machine, fuses, rootKey));
    this.rig.device.measure(Measured.BOOTLOADER, bootloader);
    this.rig.device.measure(Measured.IMAGE, image);
  }

  get key(): string {
    return hex(this.rig.device.publicKey());
  }

  token(nonce: Uint8Array): Uint8Array {
    const { machine } = this.rig;
    const words = new Uint32Array(nonce.slice().buffer);
    for (const [word, value] of words.entries()) machine.poke(ATTEST, 'NONCE', value, word);
    machine.poke(ATTEST, 'COMMAND', 1);
    const token = Uint32Array.from({ length: 64 }, (_, word) => machine.peek(ATTEST, 'TOKEN', word));
    return new Uint8Array(token.buffer).slice(0, machine.peek(ATTEST, 'LENGTH'));
  }
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
