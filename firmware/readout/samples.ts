// Samples of the converter: clipped to its 12 bits, counted, and packed for the integration.
//
//   i32 I, i32 Q (any value)  ──clip, count──>  one i64: I + Q * 2^32
//
// One multiplication of the packed form by a number multiplies both (integrate.ts). Few samples are a new peak or out of range, so both are looked for by one
// comparison against the peak so far. What must stay true: what leaves here is within the codes of the converter.

import { READOUT_BLOCK, READOUT_FULL_SCALE } from '../../protocol/guest/generated/constants';
import { Line, PACKED, SAMPLES, SAMPLES_SIZE } from './layout';

const LOWEST: i32 = -(<i32>READOUT_FULL_SCALE);
const HIGHEST: i32 = READOUT_FULL_SCALE - 1;

/** Packs `count` samples, the first of which stands at `from`. */
export function pack(line: Line, from: usize, count: u32): void {
  assert(count <= READOUT_BLOCK, 'no more than a block');
  assert(from >= SAMPLES && from + (count << 3) <= SAMPLES + SAMPLES_SIZE, 'samples of the piece');
  let to = PACKED;
  let usualI = usualOf(line.peakI);
  let usualQ = usualOf(line.peakQ);
  const end = from + (count << 3);
  for (let sample = from; sample < end; sample += 8) {
    let i = load<i32>(sample);
    let q = load<i32>(sample, 4);
    // As unsigned numbers, so that one comparison finds both ends: |i| > usual.
    if (<u32>(i + usualI) > <u32>(usualI + usualI)) {
      i = unusualI(line, i);
      usualI = usualOf(line.peakI);
    }
    if (<u32>(q + usualQ) > <u32>(usualQ + usualQ)) {
      q = unusualQ(line, q);
      usualQ = usualOf(line.peakQ);
    }
    store<i64>(to, <i64>i + ((<i64>q) << 32));
    to += 8;
  }
}

/** The peak so far becomes the recent one, and begins anew. */
export function takePeak(line: Line): void {
  line.recentPeak = max(line.peakI, line.peakQ);
  line.highestI = max(line.highestI, line.peakI);
  line.highestQ = max(line.highestQ, line.peakQ);
  assert(line.recentPeak <= READOUT_FULL_SCALE, 'a peak is a magnitude of a code');
  assert(line.highestI <= READOUT_FULL_SCALE && line.highestQ <= READOUT_FULL_SCALE, 'and so is the largest of all');
  line.peakI = 0;
  line.peakQ = 0;
}

export function clipped(value: i32): i32 {
  const code = max(LOWEST, min(value, HIGHEST));
  assert(code >= LOWEST && code <= HIGHEST, 'a code of the converter');
  return code;
}

/** The largest magnitude that is neither a new peak nor out of range. */
function usualOf(peak: u32): i32 {
  assert(peak <= READOUT_FULL_SCALE, 'a peak is a magnitude of a code');
  return min(<i32>peak, HIGHEST);
}

function unusualI(line: Line, value: i32): i32 {
  const code = clipped(value);
  if (code != value && line.clippedI != u32.MAX_VALUE) line.clippedI++;
  line.peakI = max(line.peakI, <u32>abs(code));
  assert(line.peakI <= READOUT_FULL_SCALE, 'a peak is a magnitude of a code');
  return code;
}

function unusualQ(line: Line, value: i32): i32 {
  const code = clipped(value);
  if (code != value && line.clippedQ != u32.MAX_VALUE) line.clippedQ++;
  line.peakQ = max(line.peakQ, <u32>abs(code));
  assert(line.peakQ <= READOUT_FULL_SCALE, 'a peak is a magnitude of a code');
  return code;
}
