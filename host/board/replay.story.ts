// One run with many kinds of events, for replay.test.ts: it must give the same result in every process.

import { MemoryMap } from '../../protocol/memory-map.ts';
import { Board } from './board.ts';

/** Makes the run with these modules and returns its log hash. */
export function tellStory(bootloader: Uint8Array, firmware: Uint8Array): string {
  const board = new Board({ seed: 2026 });
  board.provision({ bootloader, keys: [] });
  const flash = board.flashImage();
  flash.set(firmware, MemoryMap.SLOT_A);
  board.loadFlash(flash);
  board.powerOn();
  board.runFor(2_000_000);
  board.send(0, Uint8Array.of(1, 2, 3, 4));
  board.runFor(20_000_000);
  board.cutPowerAtAccess(9);
  board.send(0, Uint8Array.of(5, 6, 7, 8));
  board.runFor(20_000_000);
  board.powerOn();
  board.runFor(20_000_000);
  return board.logHash;
}
