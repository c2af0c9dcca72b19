// Statistics of a channel: count, sums and sums of squares of its levels, by the state that its qubit was prepared in.
//
// By the known state, and not by the side of the threshold: where two clusters overlap, the part of one on this side of the threshold has another mean and a
// smaller variance than the whole. An SNR from such halves is too good, and the worse the readout is, the more so. The sequencer's marker 3 says the state.
// Mean and variance along any axis follow from these sums, so that the rotation can be chosen afterwards.
//
// What must stay true: nothing overflows. A level is below 2^13.2 * 2^12 < 2^26; 2^32 - 1 of them are below 2^58, and their squares below 2^84. The count
// stops there, and the sums with it.

import {
  READOUT_CHANNELS,
  READOUT_LINES,
  READOUT_MOMENT_COUNT,
  READOUT_MOMENT_END,
  READOUT_MOMENT_I_HIGH,
  READOUT_MOMENT_I_LOW,
  READOUT_MOMENT_II_HIGH,
  READOUT_MOMENT_II_LOW,
  READOUT_MOMENT_II_MIDDLE,
  READOUT_MOMENT_IQ_HIGH,
  READOUT_MOMENT_IQ_LOW,
  READOUT_MOMENT_IQ_MIDDLE,
  READOUT_MOMENT_Q_HIGH,
  READOUT_MOMENT_Q_LOW,
  READOUT_MOMENT_QQ_HIGH,
  READOUT_MOMENT_QQ_LOW,
  READOUT_MOMENT_QQ_MIDDLE,
  READOUT_MOMENT_REACHED,
  READOUT_STATE_UNKNOWN,
  READOUT_TONES,
} from '../../protocol/guest/generated/constants';
import { globals, Moments, momentsOf } from './layout';

const LEVEL_MOST: i64 = 1 << 26;

/** Adds the levels of a window to the statistics of a channel. */
export function addLevels(channel: u32, state: u32, i: i64, q: i64): void {
  assert(abs(i) < LEVEL_MOST && abs(q) < LEVEL_MOST, 'a level is a mean of corrected samples');
  if (state == READOUT_STATE_UNKNOWN) return;
  const moments = momentsOf(channel, state);
  if (moments.count == u32.MAX_VALUE) return;
  moments.count++;
  moments.i += i;
  moments.q += q;
  const ii = <u64>(i * i);
  moments.ii += ii;
  if (moments.ii < ii) moments.iiHigh++;
  const qq = <u64>(q * q);
  moments.qq += qq;
  if (moments.qq < qq) moments.qqHigh++;
  const iq = i * q;
  moments.iq += <u64>iq;
  // The high word of a negative number is all ones; a carry takes it back.
  const carry: u32 = moments.iq < <u64>iq ? 1 : 0;
  moments.iqHigh += (iq < 0 ? u32.MAX_VALUE : 0) + carry;
}

/** The sequencer has compared the window that is complete with its threshold. */
export function judgeWindow(reached: u32): void {
  const all = globals();
  assert(all.fed == all.length && reached <= 1, 'a window is judged when it is complete');
  if (reached == 0 || all.state == READOUT_STATE_UNKNOWN) return;
  const moments = momentsOf(all.channel, all.state);
  assert(all.channel < READOUT_CHANNELS, 'a channel of the chip');
  if (moments.reached != u32.MAX_VALUE) moments.reached++;
}

export function clearStatistics(line: u32): void {
  assert(line < READOUT_LINES, 'a line of the chip');
  for (let tone: u32 = 0; tone < READOUT_TONES; tone++) {
    for (let state: u32 = 0; state <= 1; state++)
      memory.fill(changetype<usize>(momentsOf(line * READOUT_TONES + tone, state)), 0, offsetof<Moments>());
  }
}

/** READOUT_MOMENT_* of a channel in a state; 0 where there is none such. */
export function momentOf(channel: u32, state: u32, which: u32): u32 {
  assert(state <= 1, 'one of two states');
  const moments = momentsOf(channel, state);
  assert(moments.reached <= moments.count || moments.count == u32.MAX_VALUE, 'a window is counted, then judged');
  switch (which) {
    case READOUT_MOMENT_COUNT:
      return moments.count;
    case READOUT_MOMENT_REACHED:
      return moments.reached;
    case READOUT_MOMENT_I_LOW:
      return <u32>moments.i;
    case READOUT_MOMENT_I_HIGH:
      return <u32>(moments.i >> 32);
    case READOUT_MOMENT_Q_LOW:
      return <u32>moments.q;
    case READOUT_MOMENT_Q_HIGH:
      return <u32>(moments.q >> 32);
    default:
      return squareOf(moments, which);
  }
}

function squareOf(moments: Moments, which: u32): u32 {
  assert(READOUT_MOMENT_IQ_HIGH < READOUT_MOMENT_END, 'every moment is counted');
  switch (which) {
    case READOUT_MOMENT_II_LOW:
      return <u32>moments.ii;
    case READOUT_MOMENT_II_MIDDLE:
      return <u32>(moments.ii >> 32);
    case READOUT_MOMENT_II_HIGH:
      return moments.iiHigh;
    case READOUT_MOMENT_QQ_LOW:
      return <u32>moments.qq;
    case READOUT_MOMENT_QQ_MIDDLE:
      return <u32>(moments.qq >> 32);
    case READOUT_MOMENT_QQ_HIGH:
      return moments.qqHigh;
    case READOUT_MOMENT_IQ_LOW:
      return <u32>moments.iq;
    case READOUT_MOMENT_IQ_MIDDLE:
      return <u32>(moments.iq >> 32);
    case READOUT_MOMENT_IQ_HIGH:
      return moments.iqHigh;
    default:
      return 0;
  }
}
