// The guests' one way to leave a trace: a typed event with two arguments. protocol/telemetry/events.ts names the kinds.

import {
  RECORDER_EVENT_KIND,
  writeRecorderArgument0,
  writeRecorderArgument1,
  writeRecorderEvent,
} from './generated/registers';

/** Records an EVENT_* kind. */
export function recordEvent(kind: u32, argument0: u32, argument1: u32): void {
  assert(kind != 0 && kind <= RECORDER_EVENT_KIND, 'an event of the table');
  writeRecorderArgument0(argument0);
  writeRecorderArgument1(argument1);
  writeRecorderEvent(kind);
}
