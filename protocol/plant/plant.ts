// Everything the firmware's tables of its surroundings are generated from, and the check that each list has as many rows as it is counted by.
//
// A row that was forgotten, or one too many, would make the firmware read another row's number. What must stay true: `checkPlant` runs
// before any table is generated, and its errors name the list, the count and the file.

import type { ConstantTable } from '../constants.ts';
import type { SensorType } from '../sensors/curves.ts';
import { Beat } from '../telemetry/heartbeat.ts';
import { Activity, activityPicojoules, activityTable, idleMicrowatts } from './energies.ts';
import { type Interlock, interlocks } from './interlocks.ts';
import {
  Channel,
  channelSensors,
  channelTable,
  excitationNanoamperes,
  Heater,
  heaterFullScaleMicrowatts,
  heaterTable,
  Rail,
  railMillivolts,
  railTable,
  referenceTable,
  signalTable,
} from './places.ts';

export interface Plant {
  channelSensors: readonly SensorType[];
  excitationNanoamperes: readonly number[];
  heaterFullScaleMicrowatts: readonly number[];
  activityPicojoules: readonly number[];
  idleMicrowatts: number;
  interlocks: readonly Interlock[];
}

export const plant: Plant = {
  channelSensors,
  excitationNanoamperes,
  heaterFullScaleMicrowatts,
  activityPicojoules,
  idleMicrowatts,
  interlocks,
};

/** Places in INTERLOCK.TRIPPED. */
const interlockPlaces = 32;

/** Throws when a list does not fit what counts it. */
export function checkPlant(tables: Plant): void {
  for (const table of [channelTable, heaterTable, railTable, referenceTable, signalTable]) checkCount(table, 'COUNT');
  checkCount(activityTable, 'KINDS');
  checkRows('activityPicojoules (energyTable)', tables.activityPicojoules, 'COUNTED_KINDS', Activity.KINDS);
  checkRows('channelSensors', tables.channelSensors, 'CHANNEL_COUNT', Channel.COUNT);
  checkRows('excitationNanoamperes', tables.excitationNanoamperes, 'CHANNEL_COUNT', Channel.COUNT);
  checkRows('heaterFullScaleMicrowatts', tables.heaterFullScaleMicrowatts, 'HEATER_COUNT', Heater.COUNT);
  checkRows('railMillivolts', railMillivolts, 'RAIL_COUNT', Rail.COUNT);
  const { length } = tables.interlocks;
  if (length > interlockPlaces)
    throw new Error(
      `interlocks: ${length} rows, but INTERLOCK.TRIPPED has ${interlockPlaces} bits. Describe a second word of the latch first.`,
    );
  const words = Beat.LEAST_SLACK_US - Beat.TEMPERATURES;
  if (Channel.COUNT > words)
    throw new Error(
      `CHANNEL_COUNT is ${Channel.COUNT}, but the heartbeat record has ${words} words for temperatures. Give it a new version with more.`,
    );
}

/** The row that counts a table's other rows must say how many there are. */
function checkCount(table: ConstantTable, count: string): void {
  const rows = Object.keys(table.values).length - 1;
  const said = table.values[count]?.[0];
  if (said !== rows)
    throw new Error(`${table.prefix}_${count} is ${said}, but the table ${table.prefix} has ${rows} rows besides.`);
}

function checkRows(list: string, rows: readonly unknown[], count: string, expected: number): void {
  if (rows.length === expected) return;
  throw new Error(
    `${list} has ${rows.length} rows, but ${count} is ${expected}. Add the missing row, or take out the one too many.`,
  );
}
