// Act: brings what is in force to the actuators. Whatever was judged in a run of the core is acted on in the same run.
//
//   judged (in-force/statement.ts) --> gates close --> rails drop or rise --> gates open --> duty --> safe state recorded, trial ended
//
// Each actuator register has one owner in this folder; this file only calls them in order. What must stay true: called again with
// nothing changed it writes nothing.

import { EVENT_SAFE_STATE } from '../../protocol/guest/generated/constants';
import { readInterlockLast, readOutputsState, readRailsEnable } from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { actionsInForce, isSafeState, railsAllowed } from '../in-force/statement';
import { driveDuty } from './duty';
import { driveOutputs } from './outputs';
import { driveRails, stepRails } from './rails';
import { endTrialWhenUnfit } from './trial';

/** Whether the safe state was in force at the last look. */
let wasSafe: bool = false;

/** Brings every actuator to what is in force now. */
export function drive(): void {
  const actions = actionsInForce();
  driveOutputs(actions);
  driveRails(actions);
  driveDuty(actions);
  const safe = isSafeState(actions);
  assert(!safe || readOutputsState() == 0, 'in the safe state every gate is closed');
  if (safe && !wasSafe) recordEvent(EVENT_SAFE_STATE, readInterlockLast(), readRailsEnable());
  wasSafe = safe;
  assert(!safe || (readRailsEnable() & ~railsAllowed(actions)) == 0, 'in the safe state every rail is off that may be');
  endTrialWhenUnfit();
}

/** The rails task: what is in force, then the next rail, then the gates of the rails that are up now. */
export function runRails(): void {
  drive();
  const before = readRailsEnable();
  stepRails();
  assert(popcnt(readRailsEnable() & ~before) <= 1, 'one rail at a time');
  driveOutputs(actionsInForce());
}
