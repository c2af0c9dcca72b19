// What a device measures of its cryostat and its supply (SMP group 66), as text for a person and as an object for a machine.

import type { HeaterAnswer, InterlockAnswer, PowerAnswer, ThermometerAnswer } from '../../host/tools/smp/cryo.ts';
import { docOf, nameOf } from '../../protocol/constants.ts';
import { shedTable } from '../../protocol/plant/budget.ts';
import { interlocks, interlocksOf } from '../../protocol/plant/interlocks.ts';
import { channelTable, heaterTable, railTable } from '../../protocol/plant/places.ts';
import { SensorState, sensorStateTable } from '../../protocol/plant/sensors.ts';
import { runbookPath } from '../../protocol/runbooks.ts';
import { table } from '../terminal.ts';
import { clockFacts, clockText, measuredText, placeText, temperatureText, wattsText } from '../words.ts';

export interface PlantAnswers {
  thermometers: ThermometerAnswer[];
  interlocks: InterlockAnswer;
  power: PowerAnswer;
  heaters: HeaterAnswer[];
}

export function plantText({ thermometers, interlocks: state, power, heaters }: PlantAnswers): string {
  return table([
    ...thermometers.map(thermometerRow),
    ...interlockRows(state),
    ...powerRows(power),
    ['heaters', heaters.map(heaterText).join(', ')],
  ]);
}

export const trippedJson = ({ tripped }: InterlockAnswer) =>
  interlocksOf(tripped).map(({ name, runbook }) => ({ interlock: name, runbook: runbookPath(runbook) }));

function thermometerRow({ channel, microkelvin, state, readsMicrokelvin }: ThermometerAnswer): string[] {
  const name = placeText(channelTable, channel);
  if (state === SensorState.TRUSTED) return [name, temperatureText(microkelvin)];
  const why = (docOf(sensorStateTable, state) ?? `state ${state}`).toLowerCase();
  return [
    name,
    `not trusted: ${why}${readsMicrokelvin === 0 ? '' : `; it reads ${temperatureText(readsMicrokelvin)}`}`,
  ];
}

function interlockRows(state: InterlockAnswer): string[][] {
  const tripped = interlocksOf(state.tripped);
  if (tripped.length === 0) return [['interlocks', 'none is tripped']];
  return tripped.map(({ name, doc, runbook }, place) => {
    const isLast = interlocks[state.last ?? -1]?.name === name;
    const measured = isLast ? measuredText(state.last ?? 0, state.value) : '';
    return [
      place === 0 ? 'interlocks' : '',
      `${name} has tripped${measured}. ${doc}. Read: coldrig runbook ${runbook}`,
    ];
  });
}

function powerRows(power: PowerAnswer): string[][] {
  const { estimatedMicrowatts, allowedMicrowatts, shed, dutyPercent, clock, railsGood, railsMillivolts } = power;
  const load = shed === 0 ? '' : `; shed: ${(docOf(shedTable, shed) ?? `step ${shed}`).toLowerCase()}`;
  const rails = railsMillivolts.map((millivolts, rail) => {
    const isGood = ((railsGood >>> rail) & 1) === 1;
    return `${placeText(railTable, rail)} ${isGood ? `${millivolts} mV` : `NOT GOOD (${millivolts} mV)`}`;
  });
  return [
    [
      'power',
      `${wattsText(estimatedMicrowatts / 1e6)} of ${wattsText(allowedMicrowatts / 1e6)}${load}, duty ${dutyPercent} %`,
    ],
    ['clock', clockText(clock)],
    ['rails', rails.join(', ')],
  ];
}

function heaterText({ heater, askedMicrowatts, measuredMicrowatts }: HeaterAnswer): string {
  return `${placeText(heaterTable, heater)} ${wattsText(measuredMicrowatts / 1e6)} of ${wattsText(askedMicrowatts / 1e6)} asked for`;
}

export function plantJson({ thermometers, interlocks: state, power, heaters }: PlantAnswers): object {
  const { estimatedMicrowatts, allowedMicrowatts, shed, dutyPercent, clock, railsGood, railsMillivolts } = power;
  return {
    thermometers: thermometers.map((one) => ({
      ...{ channel: nameOf(channelTable, one.channel) ?? one.channel, microkelvin: one.microkelvin || null },
      ...{ readsMicrokelvin: one.readsMicrokelvin || null, state: nameOf(sensorStateTable, one.state) ?? one.state },
    })),
    interlocks: {
      ...{ tripped: trippedJson(state), trips: state.trips, value: state.value },
      last: state.last === undefined ? null : (interlocks[state.last]?.name ?? state.last),
    },
    power: { estimatedMicrowatts, allowedMicrowatts, shed: nameOf(shedTable, shed) ?? shed, dutyPercent },
    clock: clockFacts(clock),
    rails: railsMillivolts.map((millivolts, rail) => ({
      ...{ rail: nameOf(railTable, rail) ?? rail, millivolts, good: ((railsGood >>> rail) & 1) === 1 },
    })),
    heaters: heaters.map(({ heater, ...powers }) => ({ heater: nameOf(heaterTable, heater) ?? heater, ...powers })),
  };
}
