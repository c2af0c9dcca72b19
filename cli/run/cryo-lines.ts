// The lines of the live log about the cryostat: interlocks, rails, clock, thermometers, signal lines, power.

import { docOf } from '../../protocol/constants.ts';
import { Shed, shedTable } from '../../protocol/plant/budget.ts';
import { interlocks } from '../../protocol/plant/interlocks.ts';
import { channelTable, railTable, referenceTable } from '../../protocol/plant/places.ts';
import { sensorStateTable } from '../../protocol/plant/sensors.ts';
import { readoutSettings } from '../../protocol/readout/module.ts';
import { EventKind } from '../../protocol/telemetry/events.ts';
import { measuredText, placeText, reasonText, temperatureText, wattsText } from '../words.ts';
import type { Wording } from './log-line.ts';

const whyLeft = ['is gone', 'drifts', 'jitters'];

const interlockName = (number: number) => interlocks[number]?.name ?? `interlock ${number}`;

/** The state of the load; power may have risen or fallen to reach it. */
function shedText(step: number): string {
  if (step === Shed.NOTHING) return 'below the budget, all loads are on again';
  if (step === Shed.SAFE_STATE) return 'above the budget although all loads that can be shed are off';
  const doc = docOf(shedTable, step);
  return `load is shed: ${doc === undefined ? `step ${step}` : doc.charAt(0).toLowerCase() + doc.slice(1)}`;
}

export const plantWordings: Partial<Record<number, Wording>> = {
  [EventKind.INTERLOCK_TRIPPED]: (number, value) => ({
    event: 'interlock-tripped',
    facts: { interlock: interlockName(number), value },
    text: `interlock ${interlockName(number)} trips${measuredText(number, value)}`,
    tone: 'red',
  }),
  [EventKind.INTERLOCK_CLEARED]: (number, operator) => ({
    event: 'interlock-cleared',
    facts: { interlock: interlockName(number), operator: operator === 1 },
    text: `interlock ${interlockName(number)} is cleared${operator === 1 ? ' by an operator' : ': its cause is gone'}`,
    tone: 'green',
  }),
  [EventKind.SAFE_STATE]: (number) => ({
    event: 'safe-state',
    facts: { interlock: interlockName(number) },
    text: 'safe state: all outputs are closed, all rails except core and sense are off',
    tone: 'yellow',
  }),
  [EventKind.RAILS_UP]: (good, milliseconds) => ({
    event: 'rails-up',
    facts: { good, milliseconds },
    text: `all rails are up after ${milliseconds} ms`,
    tone: 'dim',
  }),
  [EventKind.RAIL_FAILED]: (rail, millivolts) => ({
    event: 'rail-failed',
    facts: { rail: placeText(railTable, rail), millivolts },
    text: `rail ${placeText(railTable, rail)} does not come up: ${millivolts} mV`,
    tone: 'red',
  }),
  [EventKind.CLOCK_SWITCHED]: (reference, why) => ({
    event: 'clock-switched',
    facts: { reference: placeText(referenceTable, reference), why: `it ${whyLeft[why] ?? why}` },
    text: `clock follows the ${placeText(referenceTable, reference)} reference: the other one ${whyLeft[why] ?? why}`,
    tone: 'yellow',
  }),
  [EventKind.LOAD_SHED]: (step, microwatts) => ({
    event: 'load-shed',
    facts: { step, microwatts },
    text: `estimated power ${wattsText(microwatts / 1e6)}: ${shedText(step)}`,
    tone: step === 0 ? 'green' : 'yellow',
  }),
  [EventKind.SENSOR_LOST]: (channel, why) => ({
    event: 'sensor-lost',
    facts: { channel: placeText(channelTable, channel), why: placeText(sensorStateTable, why) },
    text: `thermometer ${placeText(channelTable, channel)} is not trusted: ${(docOf(sensorStateTable, why) ?? `${why}`).toLowerCase()}`,
    tone: 'yellow',
  }),
  [EventKind.SENSOR_BACK]: (channel, microkelvin) => ({
    event: 'sensor-back',
    facts: { channel: placeText(channelTable, channel), microkelvin },
    text: `thermometer ${placeText(channelTable, channel)} is trusted again: ${temperatureText(microkelvin)}`,
    tone: 'dim',
  }),
  [EventKind.SIGNAL_LOST]: (line, millidecibels) => ({
    event: 'signal-lost',
    facts: { line, millidecibels },
    text: `signal line ${line} loses ${(millidecibels / 1000).toFixed(1)} dB`,
    tone: 'yellow',
  }),
  [EventKind.SIGNAL_BACK]: (line, millidecibels) => ({
    event: 'signal-back',
    facts: { line, millidecibels },
    text: `signal line ${line} has its normal loss again`,
    tone: 'green',
  }),
  [EventKind.ATTENUATED]: (line, decibels) => ({
    event: 'attenuated',
    facts: { line, decibels },
    text: `attenuation before the converter of line ${line} is ${decibels} dB`,
  }),
  [EventKind.CELL_LATE]: (cell, misses) => ({
    event: 'cell-late',
    facts: { cell, misses },
    text: `cell ${cell} of the multiplexer missed its deadline; ${misses} missed so far`,
    tone: 'red',
  }),
  [EventKind.CELL_SWITCH_ERROR]: (errors) => ({
    event: 'cell-switch-error',
    facts: { errors },
    text: `the multiplexer connected the wrong cell; ${errors} times so far`,
    tone: 'yellow',
  }),
  [EventKind.MUX_TABLE]: (isInForce, tables) => ({
    event: 'refresh-table',
    facts: { inForce: isInForce === 1, tables },
    text:
      isInForce === 1
        ? `a refresh table came into force, number ${tables}`
        : 'a refresh table was discarded: no moment was right for it',
    tone: isInForce === 1 ? 'dim' : 'yellow',
  }),
  [EventKind.MUX_EDGE_LOST]: (edges) => ({
    event: 'marker-edge-lost',
    facts: { edges },
    text: `markers changed faster than the multiplexer can follow; ${edges} edges lost, so pulse windows began or ended too late`,
    tone: 'red',
  }),
  [EventKind.CELL_VALUE_REFUSED]: (cell, refused) => ({
    event: 'cell-value-refused',
    facts: { cell, refused },
    text: `cell ${cell} of the multiplexer keeps its value: the prepared one is too large a step for the idle time of the table (${refused} so far)`,
    tone: 'red',
  }),
  [EventKind.CALIBRATION]: (crc, sequence) => ({
    event: 'calibration',
    facts: { sequence, crc },
    text: `calibration record ${sequence} is in force`,
    tone: 'dim',
  }),
  [EventKind.CALIBRATION_FAILED]: (_, sequence) => ({
    event: 'calibration-failed',
    facts: { sequence },
    text: `a calibration record could not be stored in flash; record ${sequence} stays in force`,
    tone: 'red',
  }),
  [EventKind.CORRECTION_LIMITED]: (line, setting) => ({
    event: 'correction-limited',
    facts: { line, setting: placeText(readoutSettings, setting) },
    text: `the calibration record asks for more ${placeText(readoutSettings, setting)} on converter line ${line} than the readout can make; the most it can is applied`,
    tone: 'yellow',
  }),
  [EventKind.READOUT_LOST]: (channel, hundredths) => ({
    event: 'readout-lost',
    facts: { channel, snrDecibels: (hundredths | 0) / 100 },
    text: `readout channel ${channel} has an SNR of ${((hundredths | 0) / 100).toFixed(1)} dB only: no experiment may rely on its qubit`,
    tone: 'yellow',
  }),
  [EventKind.READOUT_BACK]: (channel, hundredths) => ({
    event: 'readout-back',
    facts: { channel, snrDecibels: (hundredths | 0) / 100 },
    text: `readout channel ${channel} tells the states of its qubit apart again: SNR ${((hundredths | 0) / 100).toFixed(1)} dB`,
    tone: 'green',
  }),
  [EventKind.SELF_TESTED]: (line, parts) => ({
    event: 'self-tested',
    facts: { line, bits: parts / 256 },
    text: `converter line ${line} has ${(parts / 256).toFixed(2)} effective bits`,
    tone: 'dim',
  }),
  [EventKind.PHASES_CORRECTED]: (ppb, busy) => ({
    event: 'phases-corrected',
    facts: { ppb: ppb | 0, running: busy },
    text: `the oscillators make up for a clock that is fast by ${ppb | 0} parts in 10^9`,
    tone: 'dim',
  }),
  [EventKind.TRIAL_ENDED]: (reason, microwatts) => ({
    event: 'trial-ended',
    facts: { reason: reasonText(reason), microwatts },
    text: `the firmware ends its trial at ${wattsText(microwatts / 1e6)}: ${reasonText(reason)}`,
    tone: 'red',
  }),
};
