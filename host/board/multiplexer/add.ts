// Puts the multiplexer onto a machine.

import { Multiplexer } from '../devices/multiplexer.ts';
import type { Machine } from '../machine.ts';
import type { SequencerBank } from '../sequencer/bank.ts';
import { MultiplexerBank, type MultiplexerSize } from './bank.ts';

export interface MultiplexerOptions {
  /** Decides how fast each cell drifts, and which switches err. */
  seed?: number;
  multiplexer?: MultiplexerSize;
}

/** `firmware`: the module in the core now, as it is in flash; the multiplexer's logic is in it. It follows the sequencers' markers. */
export function addMultiplexer(
  machine: Machine,
  firmware: () => Uint8Array | undefined,
  sequencers: SequencerBank,
  { seed = 1, multiplexer }: MultiplexerOptions = {},
): MultiplexerBank {
  const bank = new MultiplexerBank(machine, firmware, sequencers, seed, multiplexer);
  machine.add(new Multiplexer(machine, bank));
  return bank;
}
