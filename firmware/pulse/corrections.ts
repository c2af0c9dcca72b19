// What the calibration record says of the sequencers, and of the channels they listen to, brought to their settings.
//
//   record in force ──> gains, cross, offsets, phase of each sequencer; rotation and threshold of the channel that its INPUT names
//
// A sequencer takes settings while it does not run: what it cannot take now it gets when it has stopped, or before it is started. What must stay true:
// no sequencer starts with another correction than that of the record in force.

import {
  CALCHANNEL_FLAG_THRESHOLD,
  CALCHANNEL_FLAGS,
  CALCHANNEL_ROTATION_COS,
  CALCHANNEL_ROTATION_SIN,
  CALCHANNEL_THRESHOLD,
  CALIBRATION_CHANNEL_COUNT,
  CALSEQ_CROSS,
  CALSEQ_GAIN_0,
  CALSEQ_GAIN_1,
  CALSEQ_OFFSET_0,
  CALSEQ_OFFSET_1,
  CALSEQ_PHASE,
  READOUT_LINES,
  READOUT_TONES,
  SEQUENCER_SETTING_CORRECTION_CROSS,
  SEQUENCER_SETTING_CORRECTION_GAIN,
  SEQUENCER_SETTING_CORRECTION_OFFSET,
  SEQUENCER_SETTING_CORRECTION_PHASE,
  SEQUENCER_SETTING_INPUT,
  SEQUENCER_SETTING_ROTATION_COS,
  SEQUENCER_SETTING_ROTATION_SIN,
  SEQUENCER_SETTING_THRESHOLD,
} from '../../protocol/guest/generated/constants';
import { readSequencerBusy, readSequencerResult, writeSequencerValue } from '../../protocol/guest/generated/registers';
import { channelPlace, sequencerPlace } from '../calibration/payload';
import { calibrationChanges, calibrationPayload } from '../calibration/store';
import { SEQUENCER_COUNT, selectItem, sequencersReleased } from './sequencers';

const ALL: u32 = (1 << SEQUENCER_COUNT) - 1;

/** Sequencers that have the corrections of the record which came into force as number `ofChange`, one bit each. */
let done: u32 = 0;
let ofChange: u32 = 0;
/** INPUT of each sequencer, a byte each. */
const inputs = memory.data(<i32>SEQUENCER_COUNT, 8);

/** Their settings are those of a reset again. */
export function forgetCorrections(): void {
  assert(sequencersReleased(), 'they were released just now');
  assert(readSequencerBusy() == 0, 'none runs yet');
  done = 0;
  memory.fill(inputs, 0, SEQUENCER_COUNT);
}

/** Brings the record in force to every sequencer that does not have it and does not run. */
export function correctSequencers(): void {
  if (!sequencersReleased()) return;
  if (calibrationChanges() != ofChange) {
    ofChange = calibrationChanges();
    done = 0;
  }
  // Without any record the settings stay as after a reset.
  if (ofChange == 0 || done == ALL) return;
  const busy = readSequencerBusy();
  for (let sequencer: u32 = 0; sequencer < SEQUENCER_COUNT; sequencer++) {
    if (((busy | done) & (1 << sequencer)) != 0) continue;
    correct(sequencer);
    done |= 1 << sequencer;
  }
  assert((done & ~ALL) == 0 && (done | busy) == ALL, 'only a sequencer that runs waits for its corrections');
}

function correct(sequencer: u32): void {
  assert((readSequencerBusy() & (1 << sequencer)) == 0, 'a sequencer that runs takes no settings');
  assert((done & (1 << sequencer)) == 0, 'it does not have this record yet');
  const place = sequencerPlace(calibrationPayload(), sequencer);
  set(sequencer, SEQUENCER_SETTING_CORRECTION_GAIN, 0, load<u32>(place, CALSEQ_GAIN_0));
  set(sequencer, SEQUENCER_SETTING_CORRECTION_GAIN, 1, load<u32>(place, CALSEQ_GAIN_1));
  set(sequencer, SEQUENCER_SETTING_CORRECTION_CROSS, 0, load<u32>(place, CALSEQ_CROSS));
  set(sequencer, SEQUENCER_SETTING_CORRECTION_OFFSET, 0, load<u32>(place, CALSEQ_OFFSET_0));
  set(sequencer, SEQUENCER_SETTING_CORRECTION_OFFSET, 1, load<u32>(place, CALSEQ_OFFSET_1));
  set(sequencer, SEQUENCER_SETTING_CORRECTION_PHASE, 0, load<u32>(place, CALSEQ_PHASE));
  discriminate(sequencer);
}

/** A setting of a sequencer was set: one that names its channel brings the rotation and the threshold of that channel with it. */
export function noteSetting(sequencer: u32, setting: u32, value: u32): void {
  assert(sequencer < SEQUENCER_COUNT, 'a sequencer that there is');
  if (setting != SEQUENCER_SETTING_INPUT) return;
  assert(value <= CALIBRATION_CHANNEL_COUNT, 'the sequencer refuses a channel that there is not');
  store<u8>(inputs + sequencer, <u8>value);
  discriminate(sequencer);
}

/** Whether a sequencer acquires from a converter. */
export function converterWanted(): bool {
  assert(SEQUENCER_COUNT <= 8, 'the inputs of all of them are read at once');
  assert((inputs & 7) == 0, 'they stand where a word may stand');
  return load<u64>(inputs) != 0;
}

/** Sequencers that run and listen to a converter line, one bit each: what they play goes into it. */
export function playersOf(line: u32): u32 {
  assert(line < READOUT_LINES, 'a line of the readout');
  if (!sequencersReleased()) return 0;
  const busy = readSequencerBusy();
  let players: u32 = 0;
  for (let sequencer: u32 = 0; sequencer < SEQUENCER_COUNT; sequencer++) {
    const input = <u32>load<u8>(inputs + sequencer);
    if (input != 0 && (input - 1) / READOUT_TONES == line) players |= busy & (1 << sequencer);
  }
  assert((players & ~ALL) == 0, 'sequencers that there are');
  return players;
}

function discriminate(sequencer: u32): void {
  const input = <u32>load<u8>(inputs + sequencer);
  assert(input <= CALIBRATION_CHANNEL_COUNT, 'a channel that there is, or none');
  if (input == 0) return;
  const channel = channelPlace(calibrationPayload(), input - 1);
  if ((load<u32>(channel, CALCHANNEL_FLAGS) & CALCHANNEL_FLAG_THRESHOLD) == 0) return;
  set(sequencer, SEQUENCER_SETTING_ROTATION_COS, 0, load<u32>(channel, CALCHANNEL_ROTATION_COS));
  set(sequencer, SEQUENCER_SETTING_ROTATION_SIN, 0, load<u32>(channel, CALCHANNEL_ROTATION_SIN));
  set(sequencer, SEQUENCER_SETTING_THRESHOLD, 0, load<u32>(channel, CALCHANNEL_THRESHOLD));
}

function set(sequencer: u32, setting: u32, index: u32, value: u32): void {
  assert(sequencersReleased(), 'settings are kept once they are released');
  assert(index <= 1, 'a path of its output');
  selectItem(sequencer, setting, index);
  writeSequencerValue(value);
  assert(readSequencerResult() == 0, 'the record was judged by the ranges of the settings');
}
