// Integration of one block: samples times a table, summed up. Most of the time is spent in this loop.
//
//   block of 1,024 samples x {cosine, sine}  ──>  four sums: I cos, Q cos, I sin, Q sin
//
// I and Q stand in one i64 (samples.ts), so that one multiplication serves both. 32 products of a code (2^11) and a table value (2^14) are at most 2^30:
// the sum of I never reaches the half of Q. Then both are taken out of it and added up in 64 bits.

import { READOUT_BLOCK } from '../../protocol/guest/generated/constants';
import { globals, PACKED } from './layout';

/** Products whose sum stays in its half of the i64. */
const RUN: u32 = 32;

/** The four sums of the packed block of `count` samples and a table, into Globals. */
export function integrateBlock(table: usize, count: u32): void {
  assert(count <= READOUT_BLOCK, 'no more than a block');
  let cosI: i64 = 0;
  let cosQ: i64 = 0;
  let sinI: i64 = 0;
  let sinQ: i64 = 0;
  let sample = PACKED;
  let entry = table;
  const end = PACKED + (count << 3);
  while (sample < end) {
    let cosines: i64 = 0;
    let sines: i64 = 0;
    const eights = min(end, sample + (RUN << 3)) - 56;
    for (; sample < eights; sample += 64) {
      cosines +=
        load<i64>(sample) * <i64>load<i32>(entry) +
        load<i64>(sample, 8) * <i64>load<i32>(entry, 8) +
        load<i64>(sample, 16) * <i64>load<i32>(entry, 16) +
        load<i64>(sample, 24) * <i64>load<i32>(entry, 24) +
        load<i64>(sample, 32) * <i64>load<i32>(entry, 32) +
        load<i64>(sample, 40) * <i64>load<i32>(entry, 40) +
        load<i64>(sample, 48) * <i64>load<i32>(entry, 48) +
        load<i64>(sample, 56) * <i64>load<i32>(entry, 56);
      sines +=
        load<i64>(sample) * <i64>load<i32>(entry, 4) +
        load<i64>(sample, 8) * <i64>load<i32>(entry, 12) +
        load<i64>(sample, 16) * <i64>load<i32>(entry, 20) +
        load<i64>(sample, 24) * <i64>load<i32>(entry, 28) +
        load<i64>(sample, 32) * <i64>load<i32>(entry, 36) +
        load<i64>(sample, 40) * <i64>load<i32>(entry, 44) +
        load<i64>(sample, 48) * <i64>load<i32>(entry, 52) +
        load<i64>(sample, 56) * <i64>load<i32>(entry, 60);
      entry += 64;
    }
    // The last few of the block, if it does not end with eight.
    for (const last = eights + 56; sample < last; sample += 8) {
      cosines += load<i64>(sample) * <i64>load<i32>(entry);
      sines += load<i64>(sample) * <i64>load<i32>(entry, 4);
      entry += 8;
    }
    cosI += <i64>(<i32>cosines);
    cosQ += (cosines - <i64>(<i32>cosines)) >> 32;
    sinI += <i64>(<i32>sines);
    sinQ += (sines - <i64>(<i32>sines)) >> 32;
  }
  assert(sample == end, 'every sample of the block was taken');
  const all = globals();
  all.cosI = cosI;
  all.cosQ = cosQ;
  all.sinI = sinI;
  all.sinQ = sinQ;
}
