// The rules that differ between the management core's image and the modules of the sequencers, the multiplexer and the readout inside of it.
//
// Those three have no bus and a memory of their own size, and keep no state in globals, so that a copy of the memory is the state.

export interface ImageRules {
  memoryPagesMax: number;
  mutableGlobalsMax: number;
  /** Functions it may import from `bus`, with their types. */
  imports: Record<string, string>;
  /** Functions it must export, with their types. */
  exports: [name: string, signature: string][];
}

export const coreRules: ImageRules = {
  /** 512 KiB, the RAM window of the chip family; every page is also copied by every snapshot. */
  memoryPagesMax: 8,
  /** Snapshots move mutable globals through one page of RAM, 8 bytes each at most; this leaves half of it. */
  mutableGlobalsMax: 4096,
  imports: { read32: '(i32) -> (i32)', write32: '(i32, i32) -> ()' },
  exports: [
    ['reset', '() -> ()'],
    ['interrupt', '(i32) -> ()'],
  ],
};

export const sequencerRules: ImageRules = {
  /** Programs, waveforms, weights, bins and records of six sequencers, 17 MiB. */
  memoryPagesMax: 272,
  mutableGlobalsMax: 0,
  imports: {},
  exports: [
    ['reset', '() -> ()'],
    ['recordKinds', '(i32) -> ()'],
    ['recordsTaken', '() -> ()'],
    ['configure', '(i32, i32, i32, i32) -> (i32)'],
    ['load_', '(i32, i32, i32) -> (i32)'],
    ['arm', '(i32) -> ()'],
    ['start', '(i32, i32, i32) -> ()'],
    ['stop', '(i32) -> ()'],
    ['run', '(i32, i32, i32) -> (i32)'],
    ['supply', '(i32) -> (i32)'],
    ['relyInVain', '(i32) -> ()'],
    ['deleteBins', '(i32) -> ()'],
    ['figure', '(i32, i32, i32) -> (i32)'],
    ['output', '(i32, i32, i32, i32) -> (i32)'],
    ['place', '(i32) -> (i32)'],
  ],
};

export const readoutRules: ImageRules = {
  /** Tables of 16 tones, a piece of a window, weights and a captured trace. */
  memoryPagesMax: 29,
  mutableGlobalsMax: 0,
  imports: {},
  exports: [
    ['reset', '() -> ()'],
    ['configure', '(i32, i32, i32) -> (i32)'],
    ['weigh', '(i32, i32, i32) -> ()'],
    ['open', '(i32, i32, i32, i32) -> ()'],
    ['openWeighed', '(i32, i32, i32, i32, i32, i32) -> ()'],
    ['openFree', '(i32, i32, i32, i32) -> ()'],
    ['feed', '(i32) -> ()'],
    ['judge', '(i32) -> ()'],
    ['capture', '(i32, i32) -> (i32)'],
    ['clear', '(i32, i32) -> ()'],
    ['figure', '(i32, i32) -> (i32)'],
    ['place', '(i32) -> (i32)'],
  ],
};

export const multiplexerRules: ImageRules = {
  /** Three tables of 65,536 services and 1,024 cells. */
  memoryPagesMax: 32,
  mutableGlobalsMax: 0,
  imports: {},
  exports: [
    ['reset', '() -> ()'],
    ['configure', '(i32, i32, i32) -> (i32)'],
    ['load_', '(i32) -> (i32)'],
    ['start', '(i32, i32) -> (i32)'],
    ['park', '(i32, i32) -> ()'],
    ['write', '(i32, i32, i32, i32) -> (i32)'],
    ['mark', '(i32, i32, i32, i32) -> ()'],
    ['use', '(i32, i32, i32, i32, i32) -> ()'],
    ['forget', '(i32, i32, i32) -> ()'],
    ['run', '(i32, i32, i32, i32) -> (i32)'],
    ['calm', '(i32) -> (i32)'],
    ['ahead', '(i32, i32) -> (i32)'],
    ['readback', '(i32) -> ()'],
    ['figure', '(i32, i32) -> (i32)'],
    ['place', '(i32) -> (i32)'],
  ],
};
