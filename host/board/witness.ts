// A witness of a run is told of every read and change of state that survives a loss of power.
//
// A loss of power clears RAM, registers and all operations. The next boot depends only on the flash array, the fuses, the random generator
// (what an unstable bit reads as) and the surroundings. Two boots that read the same values from these do the same; the proofs use this
// when they share a boot. What must stay true: a read that reaches a guest or changes what a device does is reported
// here before its result is used; a witness changes nothing.

export interface Witness {
  /** These bytes of flash are read: by the core, by the DMA, by the ROM, by the loader, or by a program operation. */
  readFlash(address: number, length: number): void;
  /** These bytes of flash were written by the run itself. */
  wroteFlash(address: number, length: number): void;
  readFuse(index: number): void;
  wroteFuse(index: number): void;
  /** A random number was used: an unstable bit was read, or an operation was torn. */
  drew(): void;
  /**
   * The surroundings were read as they are at `timeNs` under these actuators. `looked`: 0 where the earlier readings were used, 1 for a look
   * that changed no reading, 2 for one that did. The arrays are reused after the call; copy them.
   */
  readings(timeNs: number, actuators: Float64Array, readings: Float64Array, looked: number): void;
  /** A total of activity since the reset was read. */
  counted(total: number): void;
  /** An operation began; `data` is only good during the call. */
  startedFlash(operation: number, address: number, data: Uint8Array): void;
  startedBurn(index: number, ones: number): void;
}
