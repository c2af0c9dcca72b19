// Reads the records of the sequencers (protocol/q1/records.ts) field by field, and stores them for later use. Eight words per record.

import { SequencerRecord } from '../../../protocol/q1/records.ts';

const WORDS = SequencerRecord.SIZE / 4;

/** A cursor over records: set `at`, then read fields. One object serves millions of records. */
export class RecordView {
  private readonly words: Int32Array;
  /** The number of records. */
  readonly length: number;
  private base = 0;

  constructor(words: Int32Array, length = words.length / WORDS) {
    this.words = words;
    this.length = length;
  }

  set at(index: number) {
    this.base = index * WORDS;
  }

  get kind(): number {
    return this.words[this.base] & 0xff;
  }

  get sequencer(): number {
    return (this.words[this.base] >>> 8) & 0xff;
  }

  /** Index of the instruction in the program, or SequencerRecord.INDEX_NONE. */
  get instruction(): number {
    return this.words[this.base] >>> 16;
  }

  get slackNs(): number {
    return this.words[this.base + 1];
  }

  /** Time since the chip released the sequencers. */
  get timeNs(): number {
    return (this.words[this.base + 2] >>> 0) + this.words[this.base + 3] * 2 ** 32;
  }

  /** Words 4 to 7 of the record, unsigned. */
  word(index: 4 | 5 | 6 | 7): number {
    return this.words[this.base + index] >>> 0;
  }

  signed(index: 4 | 5 | 6 | 7): number {
    return this.words[this.base + index];
  }

  /** The words of the record itself. */
  record(): Int32Array {
    return this.words.subarray(this.base, this.base + WORDS);
  }
}

/** Whether the record is of an instruction that ended before the experiment began: the wait for the other sequencers. */
export function endsBefore(record: RecordView, zeroNs: number): boolean {
  return record.kind === SequencerRecord.EXECUTE && record.timeNs < zeroNs && record.timeNs + record.word(4) <= zeroNs;
}

/** Records of one sequencer, in order, up to a limit. Later ones are dropped, and the store gives the time of the first of them. */
export class RecordStore {
  private words = new Int32Array(64 * WORDS);
  private used = 0;
  private readonly most: number;
  /** Time of the first record that was not kept. */
  cutNs: number | undefined;

  constructor(mostRecords: number) {
    this.most = mostRecords * WORDS;
  }

  add(record: RecordView): void {
    if (this.used >= this.most) {
      this.cutNs ??= record.timeNs;
      return;
    }
    if (this.used === this.words.length) {
      const larger = new Int32Array(this.words.length * 2);
      larger.set(this.words);
      this.words = larger;
    }
    this.words.set(record.record(), this.used);
    this.used += WORDS;
  }

  view(): RecordView {
    return new RecordView(this.words.subarray(0, this.used));
  }
}
