// Which of the reasons kept beside a confirmed image mean that it failed when it ran. Such an image comes after one that did not fail.
//
// Not among them: what was found in its bytes, because every boot verifies them again; and the end of a trial that was not confirmed in time or
// that lost its power, because that is no fault of the image.

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
