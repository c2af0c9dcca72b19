// Run by replay.test.ts in processes of its own: one eventful run, and its log hash on standard output.
// Arguments: bootloader and firmware modules in base64; assembling them here would take longer than all the rest.

import { MemoryMap } from '../../protocol/memory-map.ts';
import { Board } from './board.ts';

const [bootloader, firmware] = process.argv.slice(2).map((text) => Buffer.from(text, 'base64'));
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
console.log(board.logHash);
