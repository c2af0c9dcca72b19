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

/** Brings every actuator to what is in force now: `actions`. Whether nothing is on then that may not be. */
export function drive(actions: u32): bool {
  const before = readRailsEnable();
  const gates = driveOutputs(actions, before);
  const rails = driveRails(actions, before);
  driveDuty(actions);
  const safe = isSafeState(actions);
  if (safe && !wasSafe) recordEvent(EVENT_SAFE_STATE, readInterlockLast(), rails);
  wasSafe = safe;
  endTrialWhenUnfit();
  return mayBeOn(actions, rails, gates);
}

/** The rails task: what is in force, then the next rail, then the gates of the rails that are up now. Its answer is that of `drive`. */
export function runRails(actions: u32): bool {
  const isDone = drive(actions);
  assert(isDone, 'what may not be on is off before anything is switched on');
  const before = readRailsEnable();
  stepRails(actions);
  const rails = readRailsEnable();
  assert(popcnt(rails & ~before) <= 1, 'one rail at a time');
  return mayBeOn(actions, rails, driveOutputs(actions, rails));
}
