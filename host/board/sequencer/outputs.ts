// What one sequencer puts out: two paths and four markers, drawn only where somebody looks.
//
//   COMMIT records ──> changes (time, gains, offsets, marker, what plays) ──render(from, to)──> samples, one a nanosecond
//
//   path = clip((gain * waveform >> 15) + offset); with modulation path 0 + i path 1 is turned by the oscillator and halved in power
//
// A waveform goes on until it ends or another play replaces it, whatever instructions come in between. What must stay true: records come
// in the order of time; only changes are kept, and of those at most `changesMax`: what lies behind the last is not drawn.

import { SequencerRecord } from '../../../protocol/q1/records.ts';
import { Column } from './columns.ts';

/** Two milliseconds of a change every 4 ns, twice. */
const changesMax = 1_000_000;
const wordSpan = 2 ** 32;
const turn = 4e9;
const plays = 1 << 20;
const fractionBits = 15;
const [lowest, highest] = [-32768, 32767];

/** Samples of a waveform by its index, in 1/32768. */
export type Waveforms = (index: number) => Int32Array;

export interface Samples {
  path0: Int16Array;
  path1: Int16Array;
}

interface Playing {
  startNs: number;
  waves: Int32Array[];
}

export class OutputTrace {
  /** Changes that found no room. */
  dropped = 0;
  private readonly times = new Column();
  private readonly markers = new Column();
  private readonly gains = new Column();
  private readonly offsets = new Column();
  /** Both waveforms of a play, or -1; when it started. */
  private readonly waves = new Column();
  private readonly starts = new Column();
  private readonly nco = { times: new Column(), frequencies: new Column(), phases: new Column() };

  /** One record of this sequencer, beginning at `at`; kinds that say nothing about outputs are left alone. */
  take(words: Int32Array, at: number): void {
    const kind = words[at] & 0xff;
    const timeNs = (words[at + 2] >>> 0) + words[at + 3] * wordSpan;
    if (kind === SequencerRecord.COMMIT)
      this.commit(timeNs, words[at + 4], words[at + 5], words[at + 6], words[at + 7]);
    if (kind !== SequencerRecord.NCO || this.nco.times.length === changesMax) return;
    this.nco.times.push(timeNs);
    this.nco.frequencies.push(words[at + 4]);
    this.nco.phases.push(((words[at + 5] >>> 0) + (words[at + 6] >>> 0)) % turn);
  }

  get changes(): number {
    return this.times.length;
  }

  /** Samples from `fromNs` (included) to `toNs` (not). Before the first commit, and behind the end, the caller knows better than we: zero. */
  render(fromNs: number, toNs: number, waveforms: Waveforms, modulate = false): Samples {
    const length = Math.max(0, toNs - fromNs);
    const samples = { path0: new Int16Array(length), path1: new Int16Array(length) };
    for (let change = Math.max(0, this.times.lastUpTo(fromNs)); change < this.times.length; change++) {
      const start = Math.max(fromNs, this.times.at(change));
      const end = change + 1 < this.times.length ? Math.min(toNs, this.times.at(change + 1)) : toNs;
      if (start >= toNs) break;
      if (end > start) this.draw(change, start, end, fromNs, waveforms, samples);
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

  private commit(timeNs: number, shown: number, gain: number, offset: number, waves: number): void {
    const marker = (shown >> 16) & 15;
    const last = this.times.length - 1;
    const starts = (shown & plays) !== 0;
    const same =
      last >= 0 && this.gains.at(last) === gain && this.offsets.at(last) === offset && this.markers.at(last) === marker;
    if (same && !starts) return;
    if (this.times.length === changesMax) {
      this.dropped++;
      return;
    }
    this.times.push(timeNs);
    this.markers.push(marker);
    this.gains.push(gain);
    this.offsets.push(offset);
    this.waves.push(starts ? waves >>> 0 : last >= 0 ? this.waves.at(last) : -1);
    this.starts.push(starts ? timeNs : last >= 0 ? this.starts.at(last) : 0);
  }

  private draw(change: number, start: number, end: number, origin: number, waveforms: Waveforms, into: Samples): void {
    const playing = this.playing(change, waveforms);
    for (const [path, samples] of [into.path0, into.path1].entries()) {
      const offset = half(this.offsets.at(change), path);
      samples.fill(offset, start - origin, end - origin);
      if (!playing) continue;
      const gain = half(this.gains.at(change), path);
      const wave = playing.waves[path];
      const last = Math.min(end, playing.startNs + wave.length);
      for (let time = start; time < last; time++)
        samples[time - origin] = clip(((gain * wave[time - playing.startNs]) >> fractionBits) + offset);
    }
  }

  private playing(change: number, waveforms: Waveforms): Playing | undefined {
    const waves = this.waves.at(change);
    if (waves < 0) return undefined;
    return { startNs: this.starts.at(change), waves: [waveforms(waves & 0xffff), waveforms(waves >>> 16)] };
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

/** The signed half of a word that belongs to a path. */
function half(word: number, path: number): number {
  return path === 0 ? (word << 16) >> 16 : word >> 16;
}

function clip(value: number): number {
  return Math.max(lowest, Math.min(value, highest));
}
