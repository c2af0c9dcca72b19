// What a device under test may be made with.

import type { Board } from '../../host/board/board.ts';
import type { BoardOptions } from '../../host/board/board-options.ts';
import type { CallWitness } from '../../host/board/call-witness.ts';
import type { Provision } from '../../host/board/factory.ts';
import type { MultiplexerSize } from '../../host/board/multiplexer/bank.ts';
import type { Surroundings } from '../../host/board/surroundings.ts';

export interface DeviceOptions {
  /** Signed images, which are confirmed as by the factory. A slot that is left out is empty. */
  slots?: Provision['slots'];
  /** The bootloader's module; that of this repository when left out. */
  bootloader?: Uint8Array;
  /** Public keys for the fuses, at most four; the first two of `keys` when left out. */
  keys?: Provision['keys'];
  /** Seed: decides only what a power cut leaves in flash; 1 when left out. */
  seed?: number;
  /** Its surroundings, for instance `() => new WiredCryostat(fridge)`; a quiet bench when left out. Each device needs its own. */
  surroundings?: () => Surroundings;
  /** Cells and lines of its multiplexer; 96 behind 2 when left out. */
  multiplexer?: MultiplexerSize;
  /** Counts the blocks of what it runs, for `coverage()`. */
  countBlocks?: boolean;
  /** Is told of every call of the guest's functions, for profiles. */
  calls?: CallWitness;
  /** Makes the board, for a caller who has a kind of board of its own. */
  makeBoard?: (options: BoardOptions) => Board;
}
