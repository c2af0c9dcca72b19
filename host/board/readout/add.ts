// Puts the readout onto a machine.

import { Readout } from '../devices/readout.ts';
import type { Machine } from '../machine.ts';
import { ReadoutBank } from './bank.ts';

/** `firmware`: the module in the core now, as it is in flash; the readout's logic is in it. */
export function addReadout(machine: Machine, firmware: () => Uint8Array | undefined): ReadoutBank {
  const bank = new ReadoutBank(machine, firmware);
  machine.add(new Readout(machine, bank));
  return bank;
}
