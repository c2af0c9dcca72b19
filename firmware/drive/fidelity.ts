// Whether each readout channel still tells the states of its qubit apart: its SNR from the statistics of the readout, and what is concluded.
//
//   statistics by known state, since the last estimate ──> d² = distance² / variance ──> 10 log10 d²
//   below the limit twice in a row ──> READOUT_LOST, no experiment may rely on it ──> READOUT_BACK: above it by the hysteresis twice in a row
//
// The states are known (marker 3), so that clusters which overlap are not cut in halves; the variance is that of state 0 along the axis of both means, because
// a qubit in state 1 may decay in the window. Of few windows the square of a distance is too large by the scatter of both means, and the inverse of a variance
// too large by (n - 1) / (n - 3): both are taken off. What must stay true: only channels are judged whose threshold is calibrated, and only while they
// listen to the tone of the record: a scan beside the resonator says nothing about the readout.

import {
  CALCHANNEL_FLAG_THRESHOLD,
  CALCHANNEL_FLAG_TONE,
  CALCHANNEL_FLAGS,
  CALCHANNEL_FREQUENCY,
  EVENT_READOUT_BACK,
  EVENT_READOUT_LOST,
  READOUT_CHANNELS,
  READOUT_FIGURE_MOMENTS_0,
  READOUT_FIGURE_MOMENTS_1,
  READOUT_FIGURE_SETTINGS,
  READOUT_MOMENT_COUNT,
  READOUT_SETTING_FREQUENCY,
  READOUT_SNR_HYSTERESIS,
  READOUT_SNR_LEAST,
  READOUT_SNR_WINDOWS,
} from '../../protocol/guest/generated/constants';
import { recordEvent } from '../../protocol/guest/record-event';
import { channelPlace } from '../calibration/payload';
import { calibrationPayload } from '../calibration/store';
import { stateUnreadable, unreadableChannels } from '../in-force/statement';
import { MOMENTS_SIZE, readMoments, snrOf } from './moments';
import { readoutFigure, readoutReleased, statisticsEpoch } from './readout';

const IN_A_ROW: u32 = 2;
/** SNR before the first estimate. */
export const NO_SNR: i32 = i32.MIN_VALUE;

/** What is known of a channel. */
@unmanaged
class Watched {
  /** The last estimate, in hundredths of a decibel. */
  snr: i32 = 0;
  /** Estimates so far; 0: `snr` says nothing. */
  estimates: u32 = 0;
  /** Estimates in a row that speak against what is in force. */
  against: u32 = 0;
  /** The statistics below are of this epoch, plus one; 0: there are none. */
  epochPlusOne: u32 = 0;
}

const WATCHED_SIZE: u32 = 16;
const watched = memory.data(<i32>(READOUT_CHANNELS * WATCHED_SIZE), 4);
/** Statistics of both states at the last estimate. */
const befores = memory.data(<i32>(READOUT_CHANNELS * 2 * MOMENTS_SIZE), 8);
const now = memory.data(<i32>(2 * MOMENTS_SIZE), 8);

function watchedOf(channel: u32): Watched {
  assert(channel < READOUT_CHANNELS, 'a channel that there is');
  assert(offsetof<Watched>() == WATCHED_SIZE, 'room for each');
  return changetype<Watched>(watched + <usize>(channel * WATCHED_SIZE));
}

/** SNR of a channel at the last estimate, in hundredths of a decibel; NO_SNR before the first. */
export function readoutSnr(channel: u32): i32 {
  const entry = watchedOf(channel);
  assert(entry.estimates != 0 || entry.snr == 0, 'nothing is known before the first estimate');
  return entry.estimates == 0 ? NO_SNR : entry.snr;
}

export function runFidelity(): void {
  if (!readoutReleased()) return;
  for (let channel: u32 = 0; channel < READOUT_CHANNELS; channel++) {
    const flags = load<u32>(channelPlace(calibrationPayload(), channel), CALCHANNEL_FLAGS);
    if ((flags & CALCHANNEL_FLAG_THRESHOLD) == 0) forget(channel);
    else if ((flags & CALCHANNEL_FLAG_TONE) == 0 || isTuned(channel)) look(channel);
    else watchedOf(channel).epochPlusOne = 0;
  }
  assert(<u64>unreadableChannels() >> READOUT_CHANNELS == 0, 'channels that there are');
  assert(readoutReleased(), 'to look holds nothing in reset');
}

/** Whether it listens where it was calibrated. */
function isTuned(channel: u32): bool {
  const place = channelPlace(calibrationPayload(), channel);
  assert((load<u32>(place, CALCHANNEL_FLAGS) & CALCHANNEL_FLAG_TONE) != 0, 'its tone is calibrated');
  const tone = readoutFigure(READOUT_FIGURE_SETTINGS + READOUT_SETTING_FREQUENCY, channel);
  return tone == load<u32>(place, CALCHANNEL_FREQUENCY);
}

/** Without a calibrated threshold there is nothing that it must be able to do. */
function forget(channel: u32): void {
  const entry = watchedOf(channel);
  entry.epochPlusOne = 0;
  assert(entry.against < IN_A_ROW, 'what is decided is counted anew');
  entry.against = 0;
  if (((unreadableChannels() >> channel) & 1) == 0) return;
  assert(entry.estimates != 0, 'what was found was estimated');
  stateUnreadable(channel, false);
  recordEvent(EVENT_READOUT_BACK, channel, <u32>entry.snr);
}

function look(channel: u32): void {
  const entry = watchedOf(channel);
  const before = befores + <usize>(channel * 2 * MOMENTS_SIZE);
  assert(channel < READOUT_CHANNELS, 'a channel that there is');
  const epoch = statisticsEpoch(channel) + 1;
  if (entry.epochPlusOne != epoch) {
    readMoments(channel, before);
    entry.epochPlusOne = epoch;
    return;
  }
  const zero = readoutFigure(READOUT_FIGURE_MOMENTS_0 + READOUT_MOMENT_COUNT, channel) - load<u32>(before);
  const one =
    readoutFigure(READOUT_FIGURE_MOMENTS_1 + READOUT_MOMENT_COUNT, channel) - load<u32>(before + MOMENTS_SIZE);
  if (zero < READOUT_SNR_WINDOWS || one < READOUT_SNR_WINDOWS) return;
  readMoments(channel, now);
  assert(load<u32>(now) - load<u32>(before) >= READOUT_SNR_WINDOWS, 'as many as an estimate takes');
  entry.snr = snrOf(before, now);
  if (entry.estimates != u32.MAX_VALUE) entry.estimates++;
  memory.copy(before, now, 2 * MOMENTS_SIZE);
  judge(channel, entry);
}

function judge(channel: u32, entry: Watched): void {
  const isOut = ((unreadableChannels() >> channel) & 1) != 0;
  const limit = <i32>READOUT_SNR_LEAST + (isOut ? <i32>READOUT_SNR_HYSTERESIS : 0);
  assert(entry.estimates != 0, 'there is something to judge');
  const isLow = entry.snr < limit;
  entry.against = isLow == isOut ? 0 : entry.against + 1;
  if (entry.against < IN_A_ROW) return;
  entry.against = 0;
  stateUnreadable(channel, isLow);
  recordEvent(isLow ? EVENT_READOUT_LOST : EVENT_READOUT_BACK, channel, <u32>entry.snr);
  assert(((unreadableChannels() >> channel) & 1) == (isLow ? 1 : 0), 'what was found is in force');
}
