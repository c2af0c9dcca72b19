// The sequencers when gain control changes the attenuation in front of the converters: their sums are multiplied by what it takes.
//
//   settleSequencers ──> attenuation changes (drive/gain.ts) ──> followAttenuation: INPUT_GAIN of both converter lines
//
// So levels in bins and thresholds are those without attenuation, and a program that runs goes on. What must stay true: both are called in the run of the core in
// which the attenuation changes; a window that was open in between is counted by its sequencer (sequencer/input-gain.ts).

import {
  READOUT_LINES,
  SEQUENCER_SETTING_INPUT_GAIN,
  SIGNAL_READOUT_RETURN,
} from '../../protocol/guest/generated/constants';
import {
  readFrontendAttenuation,
  readSequencerBusy,
  readSequencerResult,
  writeSequencerValue,
} from '../../protocol/guest/generated/registers';
import { selectItem, sequencersReleased } from './sequencers';

const STEP_DECIBELS: u32 = 6;
const STEPS: u32 = 6;
/** 10^(decibels / 20) for each step of the attenuator, 1/65536. */
const GAINS = memory.data<u32>([65_536, 130_762, 260_904, 520_567, 1_038_669, 2_072_408]);

/** The attenuation that the sums make up for, in decibels. */
let madeUpFor: u32 = 0;

/** Their gain is that of a reset again. */
export function forgetAttenuation(): void {
  assert(sequencersReleased(), 'they were released just now');
  madeUpFor = 0;
  followAttenuation();
  assert(madeUpFor == readFrontendAttenuation(SIGNAL_READOUT_RETURN), 'nothing is measured with another gain');
}

/** Everything up to now is measured with the present attenuation. */
export function settleSequencers(): void {
  if (!sequencersReleased()) return;
  const busy = readSequencerBusy();
  assert(busy >> 8 == 0, 'sequencers that there are');
}

export function followAttenuation(): void {
  if (!sequencersReleased()) return;
  const decibels = readFrontendAttenuation(SIGNAL_READOUT_RETURN);
  if (decibels == madeUpFor) return;
  assert(decibels % STEP_DECIBELS == 0 && decibels / STEP_DECIBELS < STEPS, 'a step of gain control');
  const gain = load<u32>(GAINS + ((decibels / STEP_DECIBELS) << 2));
  for (let line: u32 = 0; line < READOUT_LINES; line++) {
    selectItem(0, SEQUENCER_SETTING_INPUT_GAIN, line);
    writeSequencerValue(gain);
    assert(readSequencerResult() == 0, 'a gain within its range');
  }
  madeUpFor = decibels;
}
