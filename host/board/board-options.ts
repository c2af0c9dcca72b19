// What a board may be made with.

import type { CallWitness, StepWitness } from './call-witness.ts';
import type { SharedCalls } from './cpu/cpu.ts';
import type { MultiplexerSize } from './multiplexer/bank.ts';
import type { Surroundings } from './surroundings.ts';

export interface BoardOptions {
  /** Any integer. It decides only what an interrupted flash or fuse operation leaves behind. */
  seed?: number;
  /** What it is put into; a quiet bench when left out. Each board needs one of its own. */
  surroundings?: () => Surroundings;
  /** Counts basic blocks of what runs, for coverage; changes no cycle. */
  countBlocks?: boolean;
  /** Functions of the guest whose calls are not run again for the same content; changes no cycle. It has no effect together with `calls`. */
  sharedCalls?: SharedCalls;
  /** Is told of every call of the guest's functions, for profiles; changes no cycle. */
  calls?: CallWitness | StepWitness;
  /** Cells and lines of its multiplexer; 96 behind 2 when left out. */
  multiplexer?: MultiplexerSize;
  /** 32 bytes that its attestation engine makes its key of, with the serial number. Left out: a key that everybody has, as is right for tests alone. */
  rootKey?: Uint8Array;
}
