// What the chip is wired to in the cryostat: thermometers, heaters, rails, clock references and signal lines, by number.
//
// Firmware, the chip's registers and the bench all count in this order.

import { constantTable, valuesOf } from '../constants.ts';
import type { SensorType } from '../sensors/curves.ts';

export const channelTable = constantTable('CHANNEL', 'Thermometer channels of the scanner.', {
  PLATE_50K: [0, '50 K plate, DT-670'],
  PLATE_4K: [1, '4 K plate, CX-1030'],
  PLATE_4K_B: [2, '4 K plate again, DT-670: a second sensor, of another type'],
  STILL: [3, 'Still, CX-1010'],
  CP: [4, 'Cold plate, RX-102A'],
  MXC: [5, 'Mixing chamber, RX-102A'],
  COUNT: [6, 'How many'],
});

export const heaterTable = constantTable('HEATER', 'Heaters the chip drives.', {
  PLATE_4K: [0, '4 K plate: keeps its temperature constant under a changing load; full scale 200 mW'],
  STILL: [1, 'Still: keeps the mixture circulating; full scale 50 mW'],
  MXC: [2, 'Mixing chamber; full scale 500 uW'],
  COUNT: [3, 'How many'],
});

export const railTable = constantTable('RAIL', 'Supply rails, in the order they are switched on.', {
  CORE: [0, 'Management core: on with the chip; a dip resets it'],
  SENSE: [1, 'Thermometry and its converter'],
  RF: [2, 'Line amplifiers at 50 K'],
  DAC: [3, 'Waveform converters at 4 K'],
  MULTIPLEXER: [4, 'Multiplexer and its lines to the cold plate'],
  HEATER: [5, 'Heaters'],
  COUNT: [6, 'How many'],
});

export const referenceTable = constantTable('REFERENCE', 'Clock references.', {
  PRIMARY: [0, 'From the rack'],
  SECONDARY: [1, 'A second line of its own'],
  COUNT: [2, 'How many'],
});

export const signalTable = constantTable(
  'SIGNAL',
  'Signal lines with a pilot tone and a sampling converter at their end.',
  {
    CONTROL: [0, 'Control'],
    READOUT_SEND: [1, 'To the readout'],
    READOUT_RETURN: [2, 'From the readout'],
    COUNT: [3, 'How many'],
  },
);

/** Thermometer of each channel, in the order of `channelTable`. */
export const channelSensors: readonly SensorType[] = ['DT-670', 'CX-1030', 'DT-670', 'CX-1010', 'RX-102A', 'RX-102A'];

/** Millivolts each rail is built for, in the order of `railTable`. */
export const railMillivolts: readonly number[] = [800, 1800, 1200, 1100, 1000, 5000];

/** Microwatts of each heater at full duty, in the order of `heaterTable`. */
export const heaterFullScaleMicrowatts: readonly number[] = [200_000, 50_000, 500];

/** Nanoamperes a thermometer of each channel is read with: what its maker says keeps self-heating below its noise. */
export const excitationNanoamperes: readonly number[] = [10_000, 1_000, 10_000, 100, 10, 1];

export const Channel = valuesOf(channelTable);
export const Heater = valuesOf(heaterTable);
export const Rail = valuesOf(railTable);
export const Reference = valuesOf(referenceTable);
export const Signal = valuesOf(signalTable);
