// The oscillators when the clock follows another reference: its frequency steps by what the two references are apart, which is known beforehand.
//
//   reference changes ──> step = offset of the new one - offset of the old one, as both were last measured ──> CLOCK_DRIFT of the sequencers
//
// The pulses of a program that runs then keep the frequency and the phase that they were calibrated with. What must stay true: called in the very run of the
// core in which the reference was changed, so that less than a microsecond of the new frequency is played without the correction.

import {
  EVENT_PHASES_CORRECTED,
  REFERENCE_COUNT,
  SEQUENCER_SETTING_CLOCK_DRIFT,
} from '../../protocol/guest/generated/constants';
import {
  readClockOffset,
  readClockSelect,
  readSequencerBusy,
  readSequencerResult,
  writeSequencerValue,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { selectItem, sequencersReleased } from './sequencers';

/** Offset of the reference that the oscillators run by without a correction, ppb: that which was followed at their release. */
let referenceOffset: i32 = 0;
/** What was set last, ppb. */
let drift: i32 = 0;
let followed: u32 = 0;

/** They were released just now, and run by the reference that is followed. */
export function startClockStep(): void {
  assert(sequencersReleased(), 'they were released just now');
  assert(readSequencerBusy() == 0, 'none runs yet');
  followed = readClockSelect();
  referenceOffset = <i32>readClockOffset(followed);
  drift = 0;
}

export function correctPhases(): void {
  const selected = readClockSelect();
  assert(selected < REFERENCE_COUNT, 'a reference that there is');
  if (!sequencersReleased() || selected == followed) return;
  followed = selected;
  drift = <i32>readClockOffset(selected) - referenceOffset;
  selectItem(0, SEQUENCER_SETTING_CLOCK_DRIFT, 0);
  writeSequencerValue(<u32>drift);
  assert(
    readSequencerResult() == 0,
    'no reference that is followed is further off than the oscillators can make up for',
  );
  recordEvent(EVENT_PHASES_CORRECTED, <u32>drift, readSequencerBusy());
}
