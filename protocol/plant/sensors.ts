// How the firmware judges a thermometer, and by which limits.

import { alarmTable, constantTable, NO_ALARM, valuesOf } from '../constants.ts';

export const sensorStateTable = alarmTable('SENSOR', 'State of a thermometer, as the firmware judges it.', {
  TRUSTED: [0, 'Its readings make sense', NO_ALARM],
  UNKNOWN: [1, 'It has not been read often enough yet', NO_ALARM],
  OPEN: [2, 'No current flows: a broken contact', 'thermometer'],
  SHORT: [3, 'No voltage', 'thermometer'],
  RANGE: [4, 'Its reading is outside its curve', 'thermometer'],
  JUMP: [5, 'It changes faster than the temperature of its plate can', 'thermometer'],
  STUCK: [6, 'Its reading stays the same to the last digit', 'thermometer'],
  STALE: [7, 'The scanner has not been heard of for two seconds', 'blind'],
  DISAGREES: [8, 'Two thermometers of one plate differ by more than their makers allow', 'thermometers-disagree'],
});

export const filterTable = constantTable('FILTER', 'Numbers of the thermometry task.', {
  STALE_MS: [2_000, 'A scan overdue by so long is missed'],
  STUCK_READINGS: [20, 'Equal readings in a row that no noise explains'],
  BAD_STRIKES: [4, 'What a bad reading adds to a channel’s strikes; a good one takes one off'],
  LOST_STRIKES: [12, 'Strikes at which a channel is not trusted any more; at none it is again'],
  DISAGREE_MICROKELVIN: [25_000, 'What two thermometers of one plate may differ by'],
});

export const SensorState = valuesOf(sensorStateTable);
export const Filter = valuesOf(filterTable);
