// What follows from an image that is confirmed and verified in this very boot, burnt before it runs: the security counter is brought up
// to its own, and, if it was confirmed already when this boot began, the keys it replaces are revoked.
//
// The confirm burns the counter itself (state/boot-state.ts); here a burn that power cut is completed, and an image confirmed in
// advance has its turn. The record is what makes it so: doing this again does nothing. Because the image it is done for has just
// verified and is about to run, there is always one that what was burnt lets boot.

import { EVENT_KEYS_REVOKED, EVENT_SECURITY_COUNTER, SLOT_CONFIRMED } from '../protocol/guest/generated/constants';
import { recordEvent } from '../protocol/guest/record-event';
import { SLOT_FACT_STATE, SLOT_OUTCOME_STATE, slotFacts, slotOutcome } from './facts';
import { INFO_COUNTER, imageInfo } from './image/info';
import { advanceCounter, securityCounter } from './image/security-counter';
import { revokeKeys } from './revoke';
import { LOOK_GOOD, secondLook } from './second-look';

export function settle(facts: usize, outcome: usize, slot: u32): void {
  if (load<u32>(slotOutcome(outcome, slot), SLOT_OUTCOME_STATE) != SLOT_CONFIRMED) return;
  const counter = load<u32>(imageInfo(slot), INFO_COUNTER);
  if (securityCounter() < counter) {
    assert(secondLook(slot) == LOOK_GOOD, 'nothing is burnt for an image that is not the one that was verified');
    recordEvent(EVENT_SECURITY_COUNTER, counter, advanceCounter(counter) ? 1 : 0);
  }
  if (load<u32>(slotFacts(facts, slot), SLOT_FACT_STATE) != SLOT_CONFIRMED) return;
  const keys = revokeKeys(slot);
  if (keys != 0) recordEvent(EVENT_KEYS_REVOKED, keys, slot);
}
