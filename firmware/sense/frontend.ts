// Signal lines: a converter that clips gets attenuation, a line that loses its pilot tone is reported.
//
//   peak at full scale twice --> 6 dB more (30 at most)        peak below a quarter for ten looks --> 6 dB less
//   loss 3 dB above where it was in three of the last eight looks --> lost        in none of them --> back
//
// What this file can do for a line ends at its converter: which qubits it makes unreadable is the readout chain's to know. What must stay
// true: attenuation is only taken out when the peak would stay below half of full scale.

import {
  EVENT_ATTENUATED,
  EVENT_SIGNAL_BACK,
  EVENT_SIGNAL_LOST,
  SIGNAL_COUNT,
} from '../../protocol/guest/generated/constants';
import {
  readFrontendAttenuation,
  readFrontendLoss,
  readFrontendPeak,
  writeFrontendAttenuation,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';

const FULL_SCALE: u32 = 1000;
const LOW_PEAK: u32 = 250;
const STEP_DECIBELS: u32 = 6;
const MOST_DECIBELS: u32 = 30;
const CLIPS_BEFORE: u32 = 2;
const LOWS_BEFORE: u32 = 10;
const LOST_MILLIDECIBELS: u32 = 3_000;
const LOSSES_BEFORE: u32 = 3;

//  0  u32  loss when first seen, plus one; 0: not yet    4 u8 clipped looks in a row    5 u8 low looks    6 u8 last looks, one bit each    7 u8 lost
const RECORD_SIZE: usize = 8;
const records = memory.data(32, 4);

/** Lines that lose more than they should or clip, one bit each. */
export function impairedSignals(): u32 {
  let lines: u32 = 0;
  for (let line: u32 = 0; line < SIGNAL_COUNT; line++) {
    const entry = record(line);
    if (load<u8>(entry, 7) != 0 || <u32>load<u8>(entry, 4) >= CLIPS_BEFORE) lines |= 1 << line;
  }
  return lines;
}

export function runFrontend(): void {
  for (let line: u32 = 0; line < SIGNAL_COUNT; line++) {
    watchPeak(line);
    watchLoss(line);
  }
}

function record(line: u32): usize {
  assert(line < SIGNAL_COUNT && SIGNAL_COUNT * RECORD_SIZE <= 32, 'a line, and room for its record');
  return records + <usize>line * RECORD_SIZE;
}

function watchPeak(line: u32): void {
  const entry = record(line);
  const peak = readFrontendPeak(line);
  const attenuation = readFrontendAttenuation(line);
  const clips = peak >= FULL_SCALE ? count(entry, 4) : reset(entry, 4);
  const lows = peak < LOW_PEAK && attenuation != 0 ? count(entry, 5) : reset(entry, 5);
  if (clips >= CLIPS_BEFORE && attenuation + STEP_DECIBELS <= MOST_DECIBELS) {
    attenuate(line, attenuation + STEP_DECIBELS);
    reset(entry, 4);
  } else if (lows >= LOWS_BEFORE) {
    attenuate(line, attenuation - STEP_DECIBELS);
    reset(entry, 5);
  }
}

function attenuate(line: u32, decibels: u32): void {
  writeFrontendAttenuation(line, decibels);
  recordEvent(EVENT_ATTENUATED, line, decibels);
}

function watchLoss(line: u32): void {
  const entry = record(line);
  const loss = readFrontendLoss(line);
  if (load<u32>(entry) == 0) store<u32>(entry, loss + 1);
  const usual = load<u32>(entry) - 1;
  const isLost = load<u8>(entry, 7) != 0;
  const isLossy: u32 = loss > usual + LOST_MILLIDECIBELS ? 1 : 0;
  const looks = (((<u32>load<u8>(entry, 6)) << 1) | isLossy) & 0xff;
  store<u8>(entry, <u8>looks, 6);
  if (!isLost && popcnt(looks) >= LOSSES_BEFORE) {
    store<u8>(entry, 1, 7);
    recordEvent(EVENT_SIGNAL_LOST, line, loss);
  } else if (isLost && looks == 0) {
    store<u8>(entry, 0, 7);
    recordEvent(EVENT_SIGNAL_BACK, line, loss);
  }
}

function count(entry: usize, place: usize): u32 {
  const next = min<u32>(<u32>load<u8>(entry + place) + 1, 255);
  store<u8>(entry + place, <u8>next);
  return next;
}

function reset(entry: usize, place: usize): u32 {
  store<u8>(entry + place, 0);
  return 0;
}
