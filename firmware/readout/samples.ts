// Samples of the converter: clipped to its 12 bits, counted, and packed for the integration.
//
//   i32 I, i32 Q (any value)  ──clip, count──>  one i64: I + Q * 2^32
//
// One multiplication of the packed form by a number multiplies both (integrate.ts). What must stay true: what leaves here is within the codes of the converter.

import { READOUT_BLOCK, READOUT_FULL_SCALE } from '../../protocol/guest/generated/constants';
import { Line, PACKED, SAMPLES, SAMPLES_SIZE } from './layout';

const LOWEST: i32 = -(<i32>READOUT_FULL_SCALE);
const HIGHEST: i32 = READOUT_FULL_SCALE - 1;

/** Packs `count` samples, the first of which stands at `from`. */
export function pack(line: Line, from: usize, count: u32): void {
  assert(count <= READOUT_BLOCK, 'no more than a block');
  assert(from >= SAMPLES && from + (count << 3) <= SAMPLES + SAMPLES_SIZE, 'samples of the piece');
  let to = PACKED;
  const end = from + (count << 3);
  for (let sample = from; sample < end; sample += 8) {
    const i = clipI(line, load<i32>(sample));
    const q = clipQ(line, load<i32>(sample, 4));
    store<i64>(to, <i64>i + ((<i64>q) << 32));
    to += 8;
  }
}

function clipI(line: Line, value: i32): i32 {
  const code = max(LOWEST, min(value, HIGHEST));
  if (code != value && line.clippedI != u32.MAX_VALUE) line.clippedI++;
  line.peakI = max(line.peakI, <u32>abs(code));
  return code;
}

function clipQ(line: Line, value: i32): i32 {
  const code = max(LOWEST, min(value, HIGHEST));
  if (code != value && line.clippedQ != u32.MAX_VALUE) line.clippedQ++;
  line.peakQ = max(line.peakQ, <u32>abs(code));
  return code;
}
