// The heartbeat record: what RECORDER.HEARTBEAT holds, one word each, written whole once a second. Version 1.
//
// Words keep their places; a new word takes a spare one, a new meaning a new version.

import { constantTable, valuesOf } from '../constants.ts';

export const heartbeatTable = constantTable('BEAT', 'Words of the heartbeat record.', {
  VERSION_NUMBER: [1, 'Value of VERSION'],
  VERSION: [0, 'Version of this record; 0: there was no heartbeat yet'],
  SEQUENCE: [1, 'Heartbeats since the firmware started'],
  UPTIME_SECONDS: [2, 'Seconds since reset'],
  HEALTH: [3, 'Health word'],
  SLOT: [4, 'Slot the firmware runs from'],
  SLOT_STATE: [5, 'State of its image at the hand-over'],
  IMAGE_HASH: [6, 'First of eight words: SHA-256 of the image'],
  TEMPERATURES: [14, 'First of six words: microkelvin by channel; 0 is not known'],
  LEAST_SLACK_US: [20, 'Least slack of any task since reset, microseconds, signed'],
  LEAST_SLACK_TASK: [21, 'Which task that was'],
  FAULT_CAUSE: [22, 'Cause of the last fault of the core'],
  FAULT_COUNT: [23, 'Faults since power-on'],
  TRIPPED: [24, 'Interlocks that have tripped and were not cleared'],
  LAST_TRIP: [25, 'Interlock that tripped last; all ones: none'],
  POWER_MICROWATTS: [26, 'Estimated power'],
  BUDGET_MICROWATTS: [27, 'What it may be'],
  SHED: [28, 'Load that is shed'],
  RAILS_GOOD: [29, 'Rails that are good'],
  REFERENCE: [30, 'Clock reference, and bit 2: locked'],
  CHANNELS: [31, 'Thermometers that are readable, one bit each'],
  WORDS: [32, 'How many'],
});

export const Beat = valuesOf(heartbeatTable);
