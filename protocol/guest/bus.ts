// The only way out of a guest: 32-bit reads and writes on the chip's bus.
// The import module's name, "bus", is this file's name. Block copies go through the DMA registers.

export declare function read32(address: u32): u32;
export declare function write32(address: u32, value: u32): void;
