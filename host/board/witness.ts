// A witness of a run: hears of everything the run looks at, or changes, of what outlasts a loss of power.
//
// Power takes RAM, registers and everything under way. What is left for the next boot is the flash array, the fuses, chance (what an unstable
// bit reads as) and what surrounds the chip. Two boots that looked at the same of all that were given the same, so they did the same: that is
// what the proofs build on when they share a boot. What must stay true: a look that reaches a guest or changes what a device does is told
// here before its result is used; a witness changes nothing.

export interface Witness {
  /** These bytes of flash are looked at: by the core, by the DMA, by the ROM, by the loader, or by a program operation. */
  readFlash(address: number, length: number): void;
  /** These bytes of flash were written by the run itself. */
  wroteFlash(address: number, length: number): void;
  readFuse(index: number): void;
  wroteFuse(index: number): void;
  /** Chance decided something: an unstable bit was read, or an operation was torn. */
  drew(): void;
  /**
   * The surroundings were read as they are at `timeNs` under these actuators. `looked`: 0 where the readings of before were taken, 1 for a look that
   * found nothing new, 2 for one that did. What is handed over changes later; copy it.
   */
  readings(timeNs: number, actuators: Float64Array, readings: Float64Array, looked: number): void;
  /** A total of activity since the reset was read. */
  counted(total: number): void;
  /** An operation began; `data` is only good during the call. */
  startedFlash(operation: number, address: number, data: Uint8Array): void;
  startedBurn(index: number, ones: number): void;
}
