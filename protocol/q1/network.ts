// The trigger network between the sequencers: four lines, fifteen addresses, one trigger at a time.
//
//   acquisition ends ──> waits for the grid ──> sent ──212 ns──> every sequencer's counters
//                                                └───252 ns──> the network is free again
//
// Source: the instrument's documentation on trigger handling (2026.04). It does not say which trigger survives an overlap: here it is the one
// that was there first, and of two at the same grid point that of the lower sequencer.

import { constantTable, valuesOf } from '../constants.ts';

export const triggerNetwork = constantTable('TRIGGER', 'The trigger network.', {
  ADDRESSES: [15, 'Addresses 1 to 15'],
  GRID_NS: [28, 'Sends begin at multiples of this, counted from the last wait_sync'],
  LATENCY_NS: [212, 'From the send to the counters of all sequencers'],
  SPACING_NS: [252, 'From one send to the next: nine grid points'],
});

export const TriggerNetwork = valuesOf(triggerNetwork);
