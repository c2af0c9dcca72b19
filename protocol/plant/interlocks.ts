// Interlocks, as one table: they stop the controller before it damages its fridge or itself.
//
//   condition   what is compared (`Condition`), of which channel, rail or heater
//   threshold   in the condition's unit: microkelvin, microwatts, milliseconds, or nothing for yes and no
//   hysteresis  how far below the threshold it must be before the trip may be cleared, or clears itself
//   persistence milliseconds it must last before the interlock trips
//   action      what is done at the trip, bits of `Action`
//   clearer     who clears the trip: an operator only (latched), or the condition itself when it has been gone for as long
//
// The firmware's table is generated from this one. A separate task reads every condition from the registers. So an interlock
// works whatever state the guarded task is in. Only OVER_BUDGET is decided by another task. What must stay true:
// numbers are places in INTERLOCK.TRIPPED and are never used twice.
// Thresholds are for a dilution fridge with its 4 K plate between 3 and 4.2 K.

import { alarmTable, constantTable, NO_ALARM, valuesOf } from '../constants.ts';
import { Channel, Rail } from './places.ts';

export const conditionTable = constantTable('CONDITION', 'What an interlock compares.', {
  HOT: [0, 'Temperature of a channel, microkelvin'],
  RISE: [1, 'Temperature of a channel above its slow average, microkelvin'],
  BLIND: [2, 'No thermometer of the 4 K plate is readable, or the scanner stands still'],
  RUNAWAY: [3, 'A heater gives more power than it was set to, microwatts'],
  RAIL_TRIPPED: [4, 'The comparator of a rail has tripped: mask of RAILS.TRIPPED'],
  CLOCK_GONE: [5, 'The loop is not locked'],
  OVER_BUDGET: [6, 'All load was shed, and the power is still over budget'],
});

export const actionTable = constantTable('ACTION', 'What an interlock does when it trips.', {
  MUTE: [1, 'Waveform outputs and markers muted, duty of the sequencers 0'],
  HEATERS_OFF: [2, 'Heaters without current, and their rail off'],
  SAFE_STATE: [7, 'All output gates closed, every rail off but CORE and SENSE'],
});

export const clearerTable = constantTable('CLEARER', 'Who clears a trip.', {
  OPERATOR: [0, 'A person, by command, once the condition is gone'],
  ITSELF: [1, 'The condition, when it has been gone for as long as it must last'],
});

export const Condition = valuesOf(conditionTable);
export const Action = valuesOf(actionTable);
export const Clearer = valuesOf(clearerTable);

export interface Interlock {
  name: string;
  doc: string;
  /** Its page, docs/runbooks/NAME.md. */
  runbook: string;
  condition: number;
  /** Channel, rail mask or nothing, as the condition says. */
  of: number;
  threshold: number;
  hysteresis: number;
  persistenceMs: number;
  action: number;
  clearer: number;
}

const kelvin = 1_000_000;
const { HOT, RISE, BLIND, RUNAWAY, RAIL_TRIPPED, CLOCK_GONE, OVER_BUDGET } = Condition;
const { SAFE_STATE, HEATERS_OFF, MUTE } = Action;

function stage(name: string, channel: number, hot: number, rise: number): Interlock[] {
  const rest = {
    runbook: 'stage-warm',
    of: channel,
    persistenceMs: 1000,
    action: SAFE_STATE,
    clearer: Clearer.OPERATOR,
  };
  const within = { hysteresis: Math.round(rise / 4), ...rest };
  return [
    { name: `${name}_HOT`, doc: 'Warmer than is allowed in operation', condition: HOT, threshold: hot, ...within },
    { name: `${name}_RISE`, doc: 'Warms faster than its load explains', condition: RISE, threshold: rise, ...within },
  ];
}

export const interlocks: readonly Interlock[] = [
  ...stage('PLATE_50K', Channel.PLATE_50K, 60 * kelvin, 0.5 * kelvin),
  ...stage('PLATE_4K', Channel.PLATE_4K, 4.3 * kelvin, 0.1 * kelvin),
  ...stage('STILL', Channel.STILL, 1.35 * kelvin, 0.15 * kelvin),
  ...stage('CP', Channel.CP, 0.22 * kelvin, 0.03 * kelvin),
  ...stage('MXC', Channel.MXC, 0.06 * kelvin, 0.012 * kelvin),
  {
    name: 'BLIND',
    doc: 'The 4 K plate cannot be measured any more',
    runbook: 'blind',
    ...{ condition: BLIND, of: 0, threshold: 1, hysteresis: 0 },
    ...{ persistenceMs: 2000, action: SAFE_STATE, clearer: Clearer.OPERATOR },
  },
  {
    name: 'HEATER_RUNAWAY',
    doc: 'A heater gives more power than it was set to',
    runbook: 'heater-runaway',
    ...{ condition: RUNAWAY, of: 0, threshold: 200, hysteresis: 100 },
    ...{ persistenceMs: 500, action: HEATERS_OFF, clearer: Clearer.OPERATOR },
  },
  {
    name: 'RAIL_OVER',
    doc: 'A rail was too high and was switched off',
    runbook: 'rail-over',
    ...{ condition: RAIL_TRIPPED, of: (1 << Rail.COUNT) - 1, threshold: 1, hysteresis: 0 },
    ...{ persistenceMs: 0, action: SAFE_STATE, clearer: Clearer.OPERATOR },
  },
  {
    name: 'RAIL_UNDER',
    doc: 'A rail that was up was too low',
    runbook: 'rail-under',
    ...{ condition: RAIL_TRIPPED, of: ((1 << Rail.COUNT) - 1) << 8, threshold: 1, hysteresis: 0 },
    ...{ persistenceMs: 0, action: MUTE, clearer: Clearer.ITSELF },
  },
  {
    name: 'CLOCK_GONE',
    doc: 'Neither reference keeps the loop locked',
    runbook: 'clock',
    ...{ condition: CLOCK_GONE, of: 0, threshold: 1, hysteresis: 0 },
    ...{ persistenceMs: 500, action: MUTE, clearer: Clearer.ITSELF },
  },
  {
    name: 'OVER_BUDGET',
    doc: 'The controller takes more power than its plate can carry away',
    runbook: 'power-budget',
    ...{ condition: OVER_BUDGET, of: 0, threshold: 1, hysteresis: 0 },
    ...{ persistenceMs: 0, action: SAFE_STATE, clearer: Clearer.OPERATOR },
  },
];

/** Those that a word names, one bit each: INTERLOCK.TRIPPED is such a word. */
export function interlocksOf(word: number): Interlock[] {
  return interlocks.filter((_, number) => ((word >>> number) & 1) === 1);
}

/** Numbers of the interlocks, for both sides. */
export const interlockTable = alarmTable<string>('INTERLOCK_NUMBER', 'Interlocks: places in INTERLOCK.TRIPPED.', {
  ...Object.fromEntries(interlocks.map(({ name, doc, runbook }, number) => [name, [number, doc, runbook] as const])),
  COUNT: [interlocks.length, 'How many', NO_ALARM],
});

export const interlockNumber = valuesOf(interlockTable);
