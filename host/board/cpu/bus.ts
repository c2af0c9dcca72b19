// The bus, as a core sees it.

/** Addresses and values are 32-bit patterns; wasm passes them as signed numbers. `cyclesLeft` is exact and includes the access. */
export interface Bus {
  read32(address: number, cyclesLeft: number): number;
  write32(address: number, value: number, cyclesLeft: number): void;
}
