// The outputs of one sequencer: two paths and four markers, computed only for the time spans that are requested.
//
//   COMMIT records ──> changes (time, gains, offsets, marker, what plays) ──render(from, to)──> samples, one a nanosecond
//
//   path = clip((gain * waveform >> 15) + offset); with modulation path 0 + i path 1 is turned by the oscillator and halved in power
//
// A waveform plays until it ends or another play replaces it; instructions in between do not stop it. What must stay true: records come
// in the order of time; only changes are kept, at most `changesMax`; changes after the last of these are not drawn.

import { SequencerRecord } from '../../../protocol/q1/records.ts';
import { Column } from './columns.ts';

/** Two milliseconds of a change every 4 ns, twice. */
const changesMax = 1_000_000;
const wordSpan = 2 ** 32;
const turn = 4e9;
const plays = 1 << 20;
const fractionBits = 15;
/** In samples. */
const longPiece = 64;
const [lowest, highest] = [-32768, 32767];

/** Samples of a waveform by its index, in 1/32768. */
export type Waveforms = (index: number) => Int32Array;

export interface Samples {
  path0: Int16Array;
  path1: Int16Array;
}

/** A piece of the samples, which begin at `origin`. */
interface Span {
  origin: number;
  start: number;
  end: number;
}

export class OutputTrace {
  /** Changes that were dropped because there was no room. */
  dropped = 0;
  private readonly times = new Column();
  private readonly markers = new Column();
  private readonly gains = new Column();
  private readonly offsets = new Column();
  /** Both waveforms of a play, or -1; when it started. */
  private readonly waves = new Column();
  private readonly starts = new Column();
  /** Of the last change. */
  private gain = 0;
  private offset = 0;
  private marker = 0;
  private readonly nco = { times: new Column(), frequencies: new Column(), phases: new Column() };

  /** Takes one record of this sequencer, beginning at `at`; ignores kinds that do not concern outputs. */
  take(words: Int32Array, at: number): void {
    const kind = words[at] & 0xff;
    if (kind === SequencerRecord.COMMIT) this.commit(words, at);
    else if (kind === SequencerRecord.NCO) this.turn(words, at);
  }

  get changes(): number {
    return this.times.length;
  }

  /**
   * Samples from `fromNs` (included) to `toNs` (not); before the first commit they are zero. `reuse`: arrays that are large enough and
   * may be written over.
   */
  render(fromNs: number, toNs: number, waveforms: Waveforms, modulate = false, reuse?: Samples): Samples {
    const length = Math.max(0, toNs - fromNs);
    const samples = room(length, reuse);
    const silent = this.times.length === 0 ? length : Math.max(0, Math.min(length, this.times.at(0) - fromNs));
    samples.path0.fill(0, 0, silent);
    samples.path1.fill(0, 0, silent);
    for (let change = Math.max(0, this.times.lastUpTo(fromNs)); change < this.times.length; change++) {
      const start = Math.max(fromNs, this.times.at(change));
      const end = change + 1 < this.times.length ? Math.min(toNs, this.times.at(change + 1)) : toNs;
      if (start >= toNs) break;
      if (end <= start) continue;
      this.drawPath(change, 0, samples.path0, fromNs, start, end);
      this.drawPath(change, 1, samples.path1, fromNs, start, end);
      if (this.waves.at(change) < 0) continue;
      const span = { origin: fromNs, start, end };
      this.drawWave(change, 0, samples.path0, span, waveforms);
      this.drawWave(change, 1, samples.path1, span, waveforms);
    }
    if (modulate) this.modulate(fromNs, samples);
    return samples;
  }

  /** Times at which a marker (0 to 3) changes, to high first. */
  markerChanges(marker: number): number[] {
    const changes: number[] = [];
    let level = 0;
    for (let change = 0; change < this.times.length; change++) {
      const next = (this.markers.at(change) >> marker) & 1;
      if (next !== level) changes.push(this.times.at(change));
      level = next;
    }
    return changes;
  }

  private turn(words: Int32Array, at: number): void {
    if (this.nco.times.length === changesMax) return;
    this.nco.times.push(timeOf(words, at));
    this.nco.frequencies.push(words[at + 4]);
    this.nco.phases.push(((words[at + 5] >>> 0) + (words[at + 6] >>> 0)) % turn);
  }

  private commit(words: Int32Array, at: number): void {
    const marker = (words[at + 4] >> 16) & 15;
    const starts = (words[at + 4] & plays) !== 0;
    const [gain, offset] = [words[at + 5], words[at + 6]];
    const last = this.times.length - 1;
    if (!starts && gain === this.gain && offset === this.offset && marker === this.marker && last >= 0) return;
    if (this.times.length === changesMax) {
      this.dropped++;
      return;
    }
    const timeNs = timeOf(words, at);
    this.gain = gain;
    this.offset = offset;
    this.marker = marker;
    this.times.push(timeNs);
    this.markers.push(marker);
    this.gains.push(gain);
    this.offsets.push(offset);
    this.waves.push(starts ? words[at + 7] >>> 0 : last >= 0 ? this.waves.at(last) : -1);
    this.starts.push(starts ? timeNs : last >= 0 ? this.starts.at(last) : 0);
  }

  /** Draws one change on one path; `origin` is the time of the first sample. */
  private drawPath(
    change: number,
    path: number,
    samples: Int16Array,
    origin: number,
    start: number,
    end: number,
  ): void {
    const offset = half(this.offsets.at(change), path);
    // For a short piece a loop is faster than a call of fill.
    if (end - start > longPiece) samples.fill(offset, start - origin, end - origin);
    else for (let at = (start - origin) | 0; at < end - origin; at++) samples[at] = offset;
  }

  /** Adds what plays on one path during a change. */
  private drawWave(change: number, path: number, samples: Int16Array, span: Span, waveforms: Waveforms): void {
    const gain = half(this.gains.at(change), path);
    if (gain === 0) return;
    const waves = this.waves.at(change);
    const wave = waveforms(path === 0 ? waves & 0xffff : waves >>> 16);
    const playedFrom = this.starts.at(change);
    const offset = half(this.offsets.at(change), path);
    // Only small integers from here on, for speed in the loop; times are too large for that.
    let from = Math.min(span.start - playedFrom, wave.length) | 0;
    const length = Math.min(span.end - playedFrom, wave.length) | 0;
    for (let at = (span.start - span.origin) | 0; from < length; at++, from++)
      samples[at] = clip(((gain * wave[from]) >> fractionBits) + offset);
  }

  /** The instrument halves the power when it modulates, so that both paths at full scale do not clip. */
  private modulate(origin: number, { path0, path1 }: Samples): void {
    for (let index = 0; index < path0.length; index++) {
      const time = origin + index;
      const entry = this.nco.times.lastUpTo(time);
      const units = entry < 0 ? 0 : this.phaseAt(entry, time);
      const angle = (units / turn) * 2 * Math.PI;
      const [real, imaginary] = [Math.cos(angle) * Math.SQRT1_2, Math.sin(angle) * Math.SQRT1_2];
      const [i, q] = [path0[index], path1[index]];
      path0[index] = clip(Math.trunc(real * i - imaginary * q));
      path1[index] = clip(Math.trunc(imaginary * i + real * q));
    }
  }

  /** Phase in units of 1/4e9 turn; whole numbers below 2^63, so BigInt where the product may leave 2^53. */
  private phaseAt(entry: number, time: number): number {
    const frequency = this.nco.frequencies.at(entry);
    const product = frequency * (time % turn);
    const grown = Number.isSafeInteger(product)
      ? product % turn
      : Number((BigInt(frequency) * BigInt(time % turn)) % BigInt(turn));
    return (this.nco.phases.at(entry) + grown) % turn;
  }
}

function room(length: number, reuse: Samples | undefined): Samples {
  if (!reuse || reuse.path0.length < length) return { path0: new Int16Array(length), path1: new Int16Array(length) };
  return { path0: reuse.path0.subarray(0, length), path1: reuse.path1.subarray(0, length) };
}

function timeOf(words: Int32Array, at: number): number {
  return (words[at + 2] >>> 0) + words[at + 3] * wordSpan;
}

/** The signed half of a word that belongs to a path. */
function half(word: number, path: number): number {
  return path === 0 ? (word << 16) >> 16 : word >> 16;
}

function clip(value: number): number {
  return Math.max(lowest, Math.min(value, highest));
}
