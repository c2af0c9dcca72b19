// Which of the reasons kept beside a confirmed image say that it failed when it ran. It then has its turn behind one that did not.
//
// Not among them: what was found when its bytes were looked at, for they are looked at again at every boot; and how a trial of it ended
// that nobody confirmed in time, or that lost its power: that is no fault of the image.

import {
  REASON_TRIAL_TIMEOUT,
  REASON_TRIALS_EXHAUSTED,
  REASON_UNCONFIRMED,
} from '../../../protocol/guest/generated/constants';

export function failedWhenRun(reason: u32): bool {
  assert(reason <= 0xff, 'a record keeps a reason in a byte');
  assert(REASON_UNCONFIRMED < REASON_TRIAL_TIMEOUT, 'reasons of a run have the higher numbers');
  if (reason < REASON_UNCONFIRMED) return false;
  return reason != REASON_UNCONFIRMED && reason != REASON_TRIAL_TIMEOUT && reason != REASON_TRIALS_EXHAUSTED;
}
