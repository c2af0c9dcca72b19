// The eight failure modes in words: the places and sizes of each, and the signal that shows it.
//
// What must stay true: places have the names of the field; every number becomes a whole number in the unit of disturbance.ts.

import { DisturbanceKind, LockPlace } from '../../../host/board/disturbance.ts';
import { stageNames } from '../../../host/plant/cryostat/stages.ts';
import { contactOfChannel, jitterOfReference } from './fault-list.ts';

/** A unit of size, and its conversion. */
export interface SizeUnit {
  /** Added to the place: a reference drifts by ppb, and jitters by picoseconds. */
  placeOffset?: number;
  perUnit: number;
  /** Whether the size may be negative, for the opposite direction. */
  isSigned?: true;
}

export interface FaultKind {
  kind: number;
  places: Readonly<Record<string, number>>;
  units: Readonly<Record<string, SizeUnit>>;
  /** The size when none is given; undefined when it must be given. */
  size?: number;
  /** The signal that shows it. */
  signal: string;
  example: string;
}

const numbered = (names: readonly string[], first = 0): Record<string, number> =>
  Object.fromEntries(names.map((name, index) => [name, first + index]));

const lines = numbered(['control', 'readout-send', 'readout-return']);
const channels = ['50K', '4K', '4K-spare', 'Still', 'CP', 'MXC'];
const decibels: Record<string, SizeUnit> = { dB: { perUnit: 1000 } };

export const faultKinds: Readonly<Record<string, FaultKind>> = {
  'thermal-rise': {
    kind: DisturbanceKind.THERMAL_RISE,
    places: numbered(stageNames),
    units: { W: { perUnit: 1e6 }, mW: { perUnit: 1e3 }, uW: { perUnit: 1 } },
    signal: 'temperature',
    example: 'thermal-rise at 4K 200mW after 30s',
  },
  'signal-drop': {
    kind: DisturbanceKind.SIGNAL_DROP,
    places: lines,
    units: decibels,
    signal: 'pilot-tone loss (SNR)',
    example: 'signal-drop at readout-return 6dB after 10s',
  },
  'timing-jitter': {
    kind: DisturbanceKind.TIMING_JITTER,
    places: numbered(['primary', 'secondary']),
    units: {
      ppb: { perUnit: 1, isSigned: true },
      fs: { perUnit: 1, placeOffset: jitterOfReference },
      ps: { perUnit: 1000, placeOffset: jitterOfReference },
    },
    size: 0,
    signal: 'jitter, frequency error',
    example: 'timing-jitter at primary 5ps after 10s for 1min',
  },
  'adc-saturation': {
    kind: DisturbanceKind.ADC_SATURATION,
    places: lines,
    units: decibels,
    signal: 'sample maxima',
    example: 'adc-saturation at readout-return 9dB after 10s',
  },
  'firmware-lock': {
    kind: DisturbanceKind.FIRMWARE_LOCK,
    places: { core: LockPlace.CORE, flash: LockPlace.FLASH, ram: LockPlace.RAM },
    units: { bit: { perUnit: 1 } },
    size: 0,
    signal: 'heartbeat',
    example: 'firmware-lock at core after 10s',
  },
  mechanical: {
    kind: DisturbanceKind.MECHANICAL,
    places: { ...lines, ...numbered(channels, contactOfChannel) },
    units: {},
    size: 0,
    signal: 'error rate: readings and pilot tones that fail',
    example: 'mechanical at MXC after 10s for 30s',
  },
  'power-surge': {
    kind: DisturbanceKind.POWER_SURGE,
    places: numbered(['core', 'sense', 'rf', 'dac', 'multiplexer', 'heater']),
    units: { '%': { perUnit: 10, isSigned: true } },
    signal: 'power: rail voltages',
    example: 'power-surge at dac 30% after 10s for 20ms',
  },
  'calibration-drift': {
    kind: DisturbanceKind.CALIBRATION_DRIFT,
    places: numbered(channels),
    units: { 'mK/min': { perUnit: 1000, isSigned: true }, 'uK/min': { perUnit: 1, isSigned: true } },
    signal: 'drift between two thermometers',
    example: 'calibration-drift at 4K 20mK/min after 10s',
  },
};
