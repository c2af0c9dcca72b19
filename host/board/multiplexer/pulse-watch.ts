// What the multiplexer is told of the sequencers: the edges of the markers that it goes by.
//
//   COMMIT records, ahead of time ──> mark(sequencer, levels, time) of the multiplexer's module, which applies each at its time
//
// What must stay true: nothing is kept here. Announced edges are in the memory of the module, so they are in every snapshot. An edge is told before
// the multiplexer has come to its time, because it goes on only when the sequencers have.

import { Mux } from '../../../protocol/multiplexer/module.ts';
import { SequencerRecord } from '../../../protocol/q1/records.ts';
import type { SequencerBank, SequencerFollower } from '../sequencer/bank.ts';
import { recordWords, sequencerCount } from '../sequencer/sequencer-module.ts';
import type { MultiplexerModule } from './multiplexer-module.ts';

const nibble = 2 ** Mux.MARKERS - 1;
const none: readonly number[] = [];
const commits: readonly number[] = [SequencerRecord.COMMIT];
const wordSpan = 2 ** 32;

/** The multiplexer, as far as this file needs it. */
interface Follows {
  readonly released: boolean;
  readonly module: MultiplexerModule;
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
    return this.multiplexer.released && this.multiplexer.module.figure('MARKERS') !== 0 ? commits : none;
  }

  readonly sink = (words: Int32Array, count: number): void => {
    const { module } = this.multiplexer;
    // From the clock of the sequencers to that of the multiplexer: each counts from its release.
    const behind = this.sequencers.releasedNs - this.multiplexer.releasedNs;
    const levels = new Int8Array(sequencerCount).fill(-1);
    for (let at = 0; at < count * recordWords; at += recordWords) {
      if ((words[at] & 0xff) !== SequencerRecord.COMMIT) continue;
      const sequencer = (words[at] >>> 8) & 0xff;
      const markers = (words[at + 4] >>> 16) & nibble;
      if (markers === levels[sequencer]) continue;
      levels[sequencer] = markers;
      module.mark(sequencer, markers, (words[at + 2] >>> 0) + words[at + 3] * wordSpan + behind);
    }
  };

  caughtUp(): void {
    if (this.kinds.length > 0) this.multiplexer.advance();
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
