// The scope: raw samples of one line, kept until a client has read them.
//
// One memory for both lines and all sequencers, as in the instrument. What must stay true: samples are kept as the converter gives them, clipped but not
// corrected, so that what is wrong with the input can be seen.

import {
  READOUT_LINES,
  READOUT_PIECE,
  READOUT_SCOPE_MAX,
  SEQUENCER_FLAG_ACQ_SCOPE_DONE_PATH_0,
  SEQUENCER_FLAG_ACQ_SCOPE_DONE_PATH_1,
  SEQUENCER_FLAG_ACQ_SCOPE_OUT_OF_RANGE_PATH_0,
  SEQUENCER_FLAG_ACQ_SCOPE_OUT_OF_RANGE_PATH_1,
  SEQUENCER_FLAG_ACQ_SCOPE_OVERWRITTEN_PATH_0,
  SEQUENCER_FLAG_ACQ_SCOPE_OVERWRITTEN_PATH_1,
} from '../../protocol/guest/generated/constants';
import { globals, SAMPLES, SCOPE } from './layout';
import { clipped } from './samples';

const CLIPPED_I: u32 = 1;
const CLIPPED_Q: u32 = 2;

/** Keeps the first `count` samples of the piece; returns the flags of a capture (SEQUENCER_FLAG_ACQ_SCOPE_*). */
export function captureSamples(line: u32, count: u32): u32 {
  assert(line < READOUT_LINES, 'a line of the chip');
  assert(count - 1 < READOUT_SCOPE_MAX && count <= READOUT_PIECE, 'samples of a piece, and room for them');
  const all = globals();
  let flags = SEQUENCER_FLAG_ACQ_SCOPE_DONE_PATH_0 | SEQUENCER_FLAG_ACQ_SCOPE_DONE_PATH_1;
  if (all.scopeCount != 0)
    flags |= SEQUENCER_FLAG_ACQ_SCOPE_OVERWRITTEN_PATH_0 | SEQUENCER_FLAG_ACQ_SCOPE_OVERWRITTEN_PATH_1;
  all.scopeCount = count;
  all.scopeLine = line;
  all.scopeClipped = copySamples(count);
  if ((all.scopeClipped & CLIPPED_I) != 0) flags |= SEQUENCER_FLAG_ACQ_SCOPE_OUT_OF_RANGE_PATH_0;
  if ((all.scopeClipped & CLIPPED_Q) != 0) flags |= SEQUENCER_FLAG_ACQ_SCOPE_OUT_OF_RANGE_PATH_1;
  assert(all.scopeCount != 0, 'something was captured');
  return flags;
}

export function clearScope(): void {
  const all = globals();
  all.scopeCount = 0;
  all.scopeClipped = 0;
}

function copySamples(count: u32): u32 {
  assert(SCOPE + (count << 2) <= SCOPE + (READOUT_SCOPE_MAX << 2), 'the scope memory holds them');
  let out: u32 = 0;
  for (let sample: u32 = 0; sample < count; sample++) {
    const i = load<i32>(SAMPLES + (sample << 3));
    const q = load<i32>(SAMPLES + (sample << 3), 4);
    const codeI = clipped(i);
    const codeQ = clipped(q);
    if (codeI != i) out |= CLIPPED_I;
    if (codeQ != q) out |= CLIPPED_Q;
    store<u32>(SCOPE + (sample << 2), (<u32>codeI & 0xffff) | ((<u32>codeQ) << 16));
  }
  return out;
}
