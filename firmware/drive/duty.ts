// The owner of the duty (ACTIVITY.DUTY): the share of the time the sequencers may play.
//
// Load shedding lowers it step by step, a muting interlock takes all of it; the lowest counts. What must stay true: no other file writes
// the register; with nothing tripped and nothing shed it is at its full value, as after a reset.

import {
  SHED_HALF_DUTY,
  SHED_NOTHING,
  SHED_QUARTER_DUTY,
  SHED_SAFE_STATE,
} from '../../protocol/guest/generated/constants';
import {
  ACTIVITY_DUTY_PERCENT_FULL,
  ACTIVITY_DUTY_PERCENT_HALF,
  ACTIVITY_DUTY_PERCENT_MUTED,
  ACTIVITY_DUTY_PERCENT_QUARTER,
  readActivityDuty,
  writeActivityDuty,
} from '../../protocol/guest/generated/registers';
import { isMuted, loadShed } from '../in-force/statement';

export function driveDuty(actions: u32): void {
  const muted = isMuted(actions);
  const percent = muted ? ACTIVITY_DUTY_PERCENT_MUTED : percentOf(loadShed());
  assert(percent <= ACTIVITY_DUTY_PERCENT_FULL, 'a share of the whole');
  assert(!muted || percent == 0, 'what is muted plays nothing');
  if (percent != readActivityDuty()) writeActivityDuty(percent);
}

/** What a step of shedding leaves. */
function percentOf(step: u32): u32 {
  assert(step <= SHED_SAFE_STATE, 'a step of shedding');
  assert(ACTIVITY_DUTY_PERCENT_QUARTER < ACTIVITY_DUTY_PERCENT_HALF, 'each step leaves less');
  if (step == SHED_NOTHING) return ACTIVITY_DUTY_PERCENT_FULL;
  if (step == SHED_HALF_DUTY) return ACTIVITY_DUTY_PERCENT_HALF;
  return step == SHED_QUARTER_DUTY ? ACTIVITY_DUTY_PERCENT_QUARTER : ACTIVITY_DUTY_PERCENT_MUTED;
}
