// Puts the sequencers and what belongs to them onto a machine.

import { Acquisition } from '../devices/acquisition.ts';
import { Sequencers } from '../devices/sequencer.ts';
import { Dac, Markers } from '../devices/sequencer-outputs.ts';
import type { Machine } from '../machine.ts';
import { SequencerBank } from './bank.ts';
import type { InputSource } from './input.ts';

/** `firmware`: the module in the core now, as it is in flash; the sequencers' logic is in it. `input`: integrates what converters see. */
export function addSequencers(
  machine: Machine,
  firmware: () => Uint8Array | undefined,
  input?: InputSource,
): SequencerBank {
  const bank = new SequencerBank(machine, firmware, input);
  for (const device of [
    new Sequencers(machine, bank),
    new Dac(machine, bank),
    new Markers(machine, bank),
    new Acquisition(machine, bank),
  ])
    machine.add(device);
  return bank;
}
