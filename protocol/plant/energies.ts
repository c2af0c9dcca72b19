// What each thing the chip does costs at the 4 K plate, in one table: the firmware's estimator and the bench's physics both read it here.
//
// No such figures of a real part are public in full. Those of published cryo-CMOS controllers bound them: a digital core of 330 mW at
// 1 GHz is 330 pJ a cycle, a DAC at rest takes 157 uW, HRL's whole controller up to 3.5 W. Ours are values of that size, not measurements.

import { constantTable, valuesOf } from '../constants.ts';

export const activityTable = constantTable(
  'COUNTED',
  'What the chip counts of what it does: index of ACTIVITY.COUNT.',
  {
    CYCLES: [0, 'Cycles the management core was awake'],
    EVENTS: [1, 'Events the sequencers played'],
    DAC_MICROSECONDS: [2, 'Microseconds of one waveform converter switched on'],
    REFRESHES: [3, 'Sample-and-hold cells refreshed'],
    LINK_BYTES: [4, 'Bytes sent or received on the serial lines'],
    CONVERSIONS: [5, 'Thermometer readings converted'],
    KINDS: [6, 'How many'],
  },
);

export const energyTable = constantTable('ENERGY', 'Picojoules one of each costs.', {
  CYCLE: [200, 'A cycle of the management core: 50 mW when it never sleeps'],
  EVENT: [500, 'An event played'],
  DAC_MICROSECOND: [157, 'A waveform converter for a microsecond: 157 uW while it is on'],
  REFRESH: [2_000, 'A cell refreshed'],
  LINK_BYTE: [20_000, 'A byte on a serial line, drivers included'],
  CONVERSION: [1_000_000, 'A thermometer reading, excitation and converter'],
});

/** Picojoules in the order of `activityTable`. */
export const activityPicojoules: readonly number[] = Object.values(energyTable.values).map(
  ([picojoules]) => picojoules,
);

/** What the chip takes at 4 K while it does nothing: leakage, references, clock tree. */
export const idleMicrowatts = 2_000;

export const Activity = valuesOf(activityTable);
