// The eight ways a controller in a cryostat is known to fail, as inputs of a run. `place` and `size` are integers.
//
// The board itself acts on FIRMWARE_LOCK; the others are for its surroundings. Times are virtual nanoseconds.

import { constantTable, valuesOf } from '../../protocol/constants.ts';

export const disturbanceTable = constantTable(
  'DISTURBANCE',
  'Kinds of disturbances: what is disturbed, and by how much.',
  {
    THERMAL_RISE: [1, 'A regulator or heater runs away: stage, microwatts'],
    SIGNAL_DROP: [2, 'A connector or cable loses signal: line, thousandths of a decibel'],
    TIMING_JITTER: [
      3,
      'A reference drifts or goes: reference (2 and 3: its jitter), parts in 10^9 or femtoseconds; 0 is gone',
    ],
    ADC_SATURATION: [4, 'A line is louder than its converter takes: line, thousandths of a decibel above full scale'],
    FIRMWARE_LOCK: [5, 'The firmware stops: 0 core stuck, 1 bit of flash turned, 2 bit of RAM turned; the bit'],
    MECHANICAL: [6, 'A contact comes and goes: line, or 8 and a thermometer channel; thousandths of a decibel'],
    POWER_SURGE: [7, 'A rail is off what it should be: rail, thousandths of its voltage, signed'],
    CALIBRATION_DRIFT: [8, 'A thermometer reads more and more wrong: channel, microkelvin a minute, signed'],
  },
);

export const DisturbanceKind = valuesOf(disturbanceTable);

/** Places of FIRMWARE_LOCK. */
export const LockPlace = { CORE: 0, FLASH: 1, RAM: 2 } as const;
