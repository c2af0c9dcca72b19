// The firmware's one way to leave a trace: a typed event with two arguments.

import {
  writeRecorderArgument0,
  writeRecorderArgument1,
  writeRecorderEvent,
} from '../protocol/guest/generated/registers';

/** Kinds are EVENT_* of protocol/telemetry/events.ts. */
export function recordEvent(kind: u32, argument0: u32, argument1: u32): void {
  writeRecorderArgument0(argument0);
  writeRecorderArgument1(argument1);
  writeRecorderEvent(kind);
}
