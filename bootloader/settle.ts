// What is burnt into the fuses before a confirmed image runs that was verified in this boot: the security counter is brought up to its own, and
// the keys it replaces are revoked.
//
// The confirm burns the counter itself (image/state/boot-state.ts). Here a burn that a power cut interrupted is completed, and the counter of an image
// that the factory confirmed is burnt. The image must have been confirmed before this boot began, so no fuse is burnt without a healthy run. To do
// this again changes nothing. Because the image has just verified and is about to run, there is always one image that
// still boots with these fuses.

import { EVENT_KEYS_REVOKED, EVENT_SECURITY_COUNTER, SLOT_CONFIRMED } from '../protocol/guest/generated/constants';
import { recordEvent } from '../protocol/guest/record-event';
import { Facts, Outcome, slotFacts, slotOutcome } from './facts';
import { imageInfo, imageVerified } from './image/info';
import { advanceCounter, securityCounter } from './image/security-counter';
import { revokeKeys } from './revoke';
import { LOOK_GOOD, secondLook } from './second-look';

export function settle(facts: Facts, outcome: Outcome, slot: u32): void {
  if (slotOutcome(outcome, slot).state != SLOT_CONFIRMED || slotFacts(facts, slot).state != SLOT_CONFIRMED) return;
  assert(imageVerified(slot), 'only a verified image moves fuses');
  assert(slotOutcome(outcome, slot).bootsLeft == 0, 'no trial moves fuses');
  const counter = imageInfo(slot).counter;
  if (securityCounter() < counter) {
    assert(
      secondLook(slot, SLOT_CONFIRMED) == LOOK_GOOD,
      'nothing is burnt for an image that is not the one that was verified',
    );
    recordEvent(EVENT_SECURITY_COUNTER, counter, advanceCounter(counter) ? 1 : 0);
  }
  const keys = revokeKeys(slot);
  if (keys != 0) recordEvent(EVENT_KEYS_REVOKED, keys, slot);
}
