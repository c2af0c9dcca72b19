// The bootloader's image verification by itself, on the board's own flash, fuses and DMA: place an image, get the verdict.

import { GuestMachine } from '../../../host/board/guest-machine.ts';
import { instantiateGuest } from '../../../host/tools/guest.ts';
import { nameOf } from '../../../protocol/constants.ts';
import { rejectReasons } from '../../../protocol/image/reasons.ts';
import { Fuse, KeyPurpose, MemoryMap } from '../../../protocol/memory-map.ts';
import { keys } from '../keys.ts';

interface Guest extends Record<string, unknown> {
  parseSlot(slot: number): number;
  verifySlot(slot: number): number;
  imageInfo(slot: number): number;
}

const slot = 1;
const infoBytes = 200;

export class VerifyBench {
  private readonly machine: GuestMachine;
  private readonly guest: Guest & { memory: WebAssembly.Memory };

  private constructor(machine: GuestMachine, guest: Guest & { memory: WebAssembly.Memory }) {
    this.machine = machine;
    this.guest = guest;
    machine.machine.ram = new Uint8Array(guest.memory.buffer);
    this.setFuses();
  }

  static async make(): Promise<VerifyBench> {
    const machine = new GuestMachine();
    return new VerifyBench(machine, await instantiateGuest<Guest>('bootloader/image/verify.entry.ts', machine.bus));
  }

  /** Keys 0 and 1 valid, counter 1, board 7; then words that are to be otherwise. */
  setFuses(more: Record<number, number> = {}): void {
    const fuses = this.machine.fuses.cells;
    fuses.fill(0);
    fuses[Fuse.KEY_VALID] = 0b0011;
    fuses[Fuse.KEY_PURPOSES] = KeyPurpose.RELEASE * 0x01010101;
    fuses[Fuse.SECURITY_COUNTER] = 1;
    fuses[Fuse.BOARD_ID] = 7;
    for (const number of [0, 1]) this.burnKey(number, keys[number].publicKey);
    for (const [word, value] of Object.entries(more)) fuses[Number(word)] = value;
  }

  burnKey(number: number, publicKey: Uint8Array): void {
    const words = new Uint32Array(publicKey.slice().buffer);
    this.machine.fuses.cells.set(words, Fuse.KEYS + number * Fuse.KEY_WORDS);
  }

  place(image: Uint8Array): void {
    for (let sector = 0; sector < MemoryMap.SLOT_SIZE; sector += MemoryMap.SECTOR_SIZE)
      this.machine.machine.flash.erasePage(MemoryMap.SLOT_B + sector);
    this.write(0, image);
  }

  /** Changes bytes of the image that is there. */
  write(offset: number, bytes: Uint8Array): void {
    this.machine.machine.flash.writeBytes(MemoryMap.SLOT_B + offset, bytes);
  }

  /** Name of the reason to refuse what is in the slot; NONE when it is good. */
  verify(): string | undefined {
    return nameOf(rejectReasons, this.guest.verifySlot(slot));
  }

  /** As `verify`, by structure alone. */
  parse(): string | undefined {
    return nameOf(rejectReasons, this.guest.parseSlot(slot));
  }

  verdict(image: Uint8Array): string | undefined {
    this.place(image);
    return this.verify();
  }

  /** What the last look found: the layout of bootloader/image/info.ts. */
  get info(): DataView {
    return new DataView(this.guest.memory.buffer, this.guest.imageInfo(slot), infoBytes);
  }
}
