// What the multiplexer is told of the sequencers: the edges of the markers that it goes by, and when those play and acquire that rely on a cell.
//
//   COMMIT, ACQUIRE, ahead of time ──> mark, use of the multiplexer's module, which judges each at its time ──> flags of the sequencers
//
// What must stay true: nothing is kept here. What is announced is in the memory of the module, so it is in every snapshot. It is told before the
// multiplexer has come to its time, because that goes on only when the sequencers have.

import { Mux, type MuxFigure } from '../../../protocol/multiplexer/module.ts';
import { SequencerRecord } from '../../../protocol/q1/records.ts';
import type { SequencerBank, SequencerFollower } from '../sequencer/bank.ts';
import { recordWords, sequencerCount } from '../sequencer/sequencer-module.ts';
import type { MultiplexerModule } from './multiplexer-module.ts';

const nibble = 2 ** Mux.MARKERS - 1;
const none: readonly number[] = [];
const commits: readonly number[] = [SequencerRecord.COMMIT];
const pulses: readonly number[] = [SequencerRecord.COMMIT, SequencerRecord.ACQUIRE];
const plays = 1 << 20;
const wordSpan = 2 ** 32;

/** The multiplexer, as far as this file needs it. */
interface Follows {
  readonly released: boolean;
  /** Taken only to announce something. */
  readonly module: MultiplexerModule;
  figure(which: keyof typeof MuxFigure): number;
  /** The present time on its clock, and the board's time of its release. */
  readonly now: number;
  readonly releasedNs: number;
  /** Comes to the present time, which the sequencers have reached. */
  advance(): void;
}

export class PulseWatch implements SequencerFollower {
  private readonly sequencers: SequencerBank;
  private readonly multiplexer: Follows;

  constructor(sequencers: SequencerBank, multiplexer: Follows) {
    this.sequencers = sequencers;
    this.multiplexer = multiplexer;
  }

  get kinds(): readonly number[] {
    if (!this.multiplexer.released) return none;
    if (this.multiplexer.figure('RELIED') !== 0) return pulses;
    return this.multiplexer.figure('MARKERS') !== 0 ? commits : none;
  }

  readonly sink = (words: Int32Array, count: number): void => {
    const { module } = this.multiplexer;
    // From the clock of the sequencers to that of the multiplexer: each counts from its release.
    const behind = this.sequencers.releasedNs - this.multiplexer.releasedNs;
    const levels = new Int8Array(sequencerCount).fill(-1);
    const relied = module.figure('RELIED') & ~module.figure('FLAGGED');
    for (let at = 0; at < count * recordWords; at += recordWords) {
      const kind = words[at] & 0xff;
      const sequencer = (words[at] >>> 8) & 0xff;
      const time = (words[at + 2] >>> 0) + words[at + 3] * wordSpan + behind;
      if (kind === SequencerRecord.COMMIT) {
        const markers = (words[at + 4] >>> 16) & nibble;
        if (markers !== levels[sequencer]) module.mark(sequencer, markers, time);
        levels[sequencer] = markers;
      }
      if (((relied >>> sequencer) & 1) === 0) continue;
      const span =
        kind === SequencerRecord.ACQUIRE
          ? words[at + 6]
          : kind === SequencerRecord.COMMIT
            ? this.playedNs(words, at)
            : 0;
      if (span > 0) module.use(sequencer, time, time + span);
    }
  };

  /** How long what a commit starts is at the outputs; 0 where it starts nothing. */
  private playedNs(words: Int32Array, at: number): number {
    const duration = words[at + 4] & 0xffff;
    if ((words[at + 4] & plays) === 0) return words[at + 6] === 0 ? 0 : duration;
    const sequencer = (words[at] >>> 8) & 0xff;
    const samples = (wave: number) => this.sequencers.module.figure(sequencer, 'WAVE_SAMPLES', wave);
    return Math.max(duration, samples(words[at + 7] & 0xffff), samples(words[at + 7] >>> 16));
  }

  caughtUp(): void {
    if (this.kinds.length === 0) return;
    this.multiplexer.advance();
    const flagged = this.multiplexer.figure('FLAGGED');
    if (flagged !== 0) this.sequencers.module.relyInVain(flagged);
  }

  cleared(mask: number): void {
    if (this.kinds.length === 0) return;
    for (let sequencer = 0; sequencer < sequencerCount; sequencer++)
      if ((mask & (1 << sequencer)) !== 0 && !this.sequencers.isBusy(sequencer)) this.resume(sequencer);
  }

  /** The markers of a sequencer that is not busy, as they are from now on. */
  resume(sequencer: number): void {
    const { module, now } = this.multiplexer;
    module.forget(sequencer, now);
    module.mark(sequencer, this.sequencers.markers(sequencer), now);
  }

  /** Sequencers that have one of these markers. */
  sequencersOf(markers: number): number[] {
    return Array.from({ length: sequencerCount }, (_, sequencer) => sequencer).filter(
      (sequencer) => ((markers >>> (sequencer * Mux.MARKERS)) & nibble) !== 0,
    );
  }
}
