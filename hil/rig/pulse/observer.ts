// Observes one sequencer: the statistics of its records, its outputs, and the records themselves when they are needed later.

import { OutputTrace } from '../../../host/board/sequencer/outputs.ts';
import { type RecordStore, RecordView } from '../../../host/tools/pulse/records.ts';
import { Tally } from '../../../host/tools/pulse/tally.ts';
import { SequencerRecord } from '../../../protocol/q1/records.ts';

const recordWords = SequencerRecord.SIZE / 4;

export class SequencerObserver extends Tally {
  readonly outputs = new OutputTrace();
  private readonly kept: RecordStore | undefined;
  private readonly outputsToNs: number;

  /** Its outputs are stored up to a time after the origin. */
  constructor(instructions: number, kept?: RecordStore, outputsToNs = Number.POSITIVE_INFINITY) {
    super(instructions);
    this.kept = kept;
    this.outputsToNs = outputsToNs;
  }

  /** The record the view is at, which begins at word `at`. */
  take(record: RecordView, words: Int32Array, at: number): void {
    this.add(record);
    const follows = this.outputsToNs === Number.POSITIVE_INFINITY || record.timeNs - this.originNs < this.outputsToNs;
    if (follows) this.outputs.take(words, at);
    this.kept?.add(record);
  }
}

/** Hands each record of a batch to the observer of its sequencer. */
export function sinkOf(observers: readonly (SequencerObserver | undefined)[]) {
  return (words: Int32Array, count: number): void => {
    const view = new RecordView(words, count);
    for (let record = 0; record < count; record++) {
      view.at = record;
      observers[view.sequencer]?.take(view, words, record * recordWords);
    }
  };
}
