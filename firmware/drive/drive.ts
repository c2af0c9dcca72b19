// Act: brings what is in force to the actuators. Whatever was judged in a run of the core is acted on in the same run.
//
//   judged (in-force/statement.ts) --> gates close --> rails drop or rise --> gates open --> duty --> safe state recorded, trial ended
//
// Each actuator register has one owner in this folder; this file only calls them in order. What must stay true: called again with
// nothing changed it writes nothing.

import { EVENT_SAFE_STATE } from '../../protocol/guest/generated/constants';
import { readInterlockLast, readRailsEnable } from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { isSafeState, mayBeOn } from '../in-force/statement';
import { driveDuty } from './duty';
import { driveOutputs } from './outputs';
import { driveRails, stepRails } from './rails';
import { endTrialWhenUnfit } from './trial';

/** Whether the safe state was in force at the last look. */
let wasSafe: bool = false;

/** Brings every actuator to what is in force now: `actions`. */
export function drive(actions: u32): void {
  const before = readRailsEnable();
  const gates = driveOutputs(actions, before);
  const rails = driveRails(actions, before);
  driveDuty(actions);
  assert(mayBeOn(actions, rails, gates), 'what was judged is done before the task ends');
  const safe = isSafeState(actions);
  if (safe && !wasSafe) recordEvent(EVENT_SAFE_STATE, readInterlockLast(), rails);
  wasSafe = safe;
  endTrialWhenUnfit();
}

/** The rails task: what is in force, then the next rail, then the gates of the rails that are up now. */
export function runRails(actions: u32): void {
  drive(actions);
  const before = readRailsEnable();
  stepRails(actions);
  const rails = readRailsEnable();
  assert(popcnt(rails & ~before) <= 1, 'one rail at a time');
  const gates = driveOutputs(actions, rails);
  assert(mayBeOn(actions, rails, gates), 'what was judged is done before the task ends');
}
