// Whether what was committed left the range of an output: gain times waveform plus offset beyond 16 bits, which the output clips.
//
//   EXTREMES   six of 1024 rows {least sample i32, largest sample i32}, measured when the waveforms are loaded
//
// A commit is judged when the next one replaces it, because only then is it known how much of the waveform was played; the last one when the sequencer
// ends, for the waveform plays on. The extremes decide most of them; only where they do leave the range are the samples looked at. What must stay true:
// without an offset and with a gain that is not the least of all, nothing leaves the range, so that most commits cost one comparison.

import { indexOf, ROW_SIZE, WAVES } from './core';
import { CORE_COUNT, CORES, EXTREMES, SAMPLES_MAX, SAMPLES_SIZE, WAVEFORMS, WEIGHTS } from './layout';

const WAVE_COUNT: u32 = 1024;
const EXTREMES_SIZE: usize = (<usize>WAVE_COUNT) << 3;
const LEAST_GAIN: u32 = 0x8000;
const LEAST: i32 = i16.MIN_VALUE;
const MOST: i32 = i16.MAX_VALUE;

/** Measures the first `count` waveforms of a core, which have just been loaded. */
export function measureWaves(core: usize, index: u32, count: u32): void {
  assert(index < CORE_COUNT && count <= WAVE_COUNT, 'waveforms of a core');
  assert(EXTREMES + CORE_COUNT * EXTREMES_SIZE <= CORES, 'their extremes have a place');
  const samples = WAVEFORMS + index * SAMPLES_SIZE;
  for (let wave: u32 = 0; wave < count; wave++) {
    const row = core + WAVES + wave * ROW_SIZE;
    let least: i32 = 0;
    let most: i32 = 0;
    const end = samples + ((load<u32>(row) + load<u32>(row, 4)) << 2);
    for (let sample = samples + (load<u32>(row) << 2); sample < end; sample += 4) {
      least = min(least, load<i32>(sample));
      most = max(most, load<i32>(sample));
    }
    const place = EXTREMES + index * EXTREMES_SIZE + (wave << 3);
    store<i32>(place, least);
    store<i32>(place, most, 4);
  }
}

/** Whether gains and offsets are such that a waveform could leave the range at all. */
export function couldLeave(gains: u32, offsets: u32): bool {
  assert(LEAST_GAIN == 1 << 15, 'the gain that has no positive of its own');
  return offsets != 0 || (gains & 0xffff) == LEAST_GAIN || gains >> 16 == LEAST_GAIN;
}

/** Whether a path left the range while its `wave` played from sample `from` to sample `to`, at most to its end. */
export function leftRange(core: usize, wave: u32, from: i64, to: i64, gain: i32, offset: i32): bool {
  const index = indexOf(core);
  assert(index < CORE_COUNT && wave < WAVE_COUNT, 'a waveform of a core');
  const row = core + WAVES + wave * ROW_SIZE;
  const place = EXTREMES + index * EXTREMES_SIZE + (wave << 3);
  if (!isClipped(gain, load<i32>(place), offset) && !isClipped(gain, load<i32>(place, 4), offset)) return false;
  const samples = WAVEFORMS + index * SAMPLES_SIZE;
  assert(samples + SAMPLES_SIZE <= WEIGHTS && load<u32>(row, 4) <= SAMPLES_MAX, 'samples of waveforms');
  const end = min(to, <i64>load<u32>(row, 4));
  for (let sample = from; sample < end; sample++) {
    if (isClipped(gain, load<i32>(samples + ((load<u32>(row) + <u32>sample) << 2)), offset)) return true;
  }
  return false;
}

function isClipped(gain: i32, sample: i32, offset: i32): bool {
  assert(gain >= LEAST && gain <= MOST && offset >= LEAST && offset <= MOST, 'gain and offset are 16 bits');
  const value = ((gain * sample) >> 15) + offset;
  return value < LEAST || value > MOST;
}
