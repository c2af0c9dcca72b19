// The programmer on the bench: reads and writes flash and fuses directly, as test equipment does, with or without power on the board.
//
// These writes are not in the log of the board: to repeat a run, repeat them too.

import type { Board } from '../../host/board/board.ts';
import { MemoryMap } from '../../protocol/memory-map.ts';
import { type SlotName, slotAddress } from './boot-report.ts';

/** Bytes that were written at an address, or the erase of the page there. */
export interface FlashChange {
  address: number;
  bytes?: Uint8Array;
}

export class Programmer {
  /** Is told of every change of flash, so that a run with it can be repeated. */
  onChange: ((change: FlashChange) => void) | undefined;
  private readonly board: Board;

  constructor(board: Board) {
    this.board = board;
  }

  /** Writes these bytes to flash; `address` is an address of the memory map. */
  write(address: number, bytes: Uint8Array): void {
    this.onChange?.({ address, bytes: bytes.slice() });
    this.board.machine.flash.writeBytes(address, bytes);
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.board.machine.flash.readBytes(address, bytes);
    return bytes;
  }

  flipBit(address: number, bit: number): void {
    this.write(
      address,
      this.read(address, 1).map((byte) => byte ^ (1 << bit)),
    );
  }

  /** Erases a slot and puts an image at its start; the slot has a trailer only if the image brings one. */
  place(slot: SlotName, image: Uint8Array): void {
    this.erase(slot);
    this.write(slotAddress[slot], image);
  }

  erase(slot: SlotName): void {
    for (let sector = 0; sector < MemoryMap.SLOT_SIZE; sector += MemoryMap.SECTOR_SIZE) {
      const address = slotAddress[slot] + sector;
      this.onChange?.({ address });
      this.board.machine.flash.erasePage(address);
    }
  }

  /** Sets bits of a fuse word. The board must be without power. */
  setFuse(word: number, bits: number): void {
    const words = this.board.fuseWords();
    words[word] |= bits;
    this.board.loadFuses(words);
  }
}
