// Records as a test compares them: times from a given moment on, phases at the moment of the record, so that the same program started
// later gives the same list.

import { SequencerRecord } from '../../../protocol/q1/records.ts';

const wordSpan = 2 ** 32;
const turn = 4e9;
const recordWords = SequencerRecord.SIZE / 4;

export interface PlainRecord {
  kind: number;
  sequencer: number;
  instruction: number;
  slackNs: number;
  timeNs: number;
  values: number[];
}

/** Every kind of record. */
export const allKinds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

export class PlainRecords {
  /** In the order of time, and of the sequencers. */
  get list(): PlainRecord[] {
    return this.taken.toSorted((a, b) => a.timeNs - b.timeNs || a.sequencer - b.sequencer);
  }

  /** The one that came first. */
  get first(): PlainRecord {
    return this.taken[0];
  }

  private readonly taken: PlainRecord[] = [];
  private readonly originNs: () => number;

  /** `originNs`: what times are counted from. */
  constructor(originNs: () => number = () => 0) {
    this.originNs = originNs;
  }

  readonly sink = (words: Int32Array, count: number): void => {
    for (let record = 0; record < count; record++) this.take(words, record * recordWords);
  };

  private take(words: Int32Array, at: number): void {
    const absoluteNs = (words[at + 2] >>> 0) + words[at + 3] * wordSpan;
    const kind = words[at] & 0xff;
    let values = [words[at + 4], words[at + 5], words[at + 6], words[at + 7]];
    if (kind === SequencerRecord.NCO) {
      const grown = Number((BigInt(values[0]) * BigInt(absoluteNs)) % BigInt(turn));
      values = [values[0], ((values[1] >>> 0) + (values[2] >>> 0) + grown + turn) % turn];
    }
    this.taken.push({
      kind,
      sequencer: (words[at] >>> 8) & 0xff,
      instruction: words[at] >>> 16,
      slackNs: words[at + 1],
      timeNs: absoluteNs - this.originNs(),
      values,
    });
  }
}
