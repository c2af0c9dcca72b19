// What one sequencer did, as its records tell it: where each instruction was executed first and last, with how much slack, and what happened.
//
// Counting takes the same room however long a program runs; lists of things that happened have a limit, and say what they left out.

import { OutputTrace } from '../../host/board/sequencer/outputs.ts';
import { SequencerRecord } from '../../protocol/q1/records.ts';

const wordSpan = 2 ** 32;
const recordWords = SequencerRecord.SIZE / 4;
const listMax = 100_000;
const slackBuckets = 32;

export interface AcquisitionSeen {
  timeNs: number;
  instruction: number;
  acquisition: number;
  bin: number;
  lengthNs: number;
  type: 'square' | 'weighed' | 'ttl';
  /** Of a weighed one. */
  weights: [number, number] | undefined;
}

export interface TriggerSeen {
  /** When it was sent. */
  timeNs: number;
  address: number;
  /** Nanoseconds it waited for the grid. */
  waitedNs: number;
  lost: 'no' | 'conflict' | 'missed';
}

const types = ['square', 'weighed', 'ttl'] as const;

export class SequencerObserver {
  readonly outputs = new OutputTrace();
  readonly acquisitions: AcquisitionSeen[] = [];
  readonly triggers: TriggerSeen[] = [];
  acquisitionCount = 0;
  /** How often the real-time core came to each instruction, and how often its condition had it skipped. */
  readonly count: Float64Array;
  readonly skipped: Float64Array;
  readonly firstNs: Float64Array;
  readonly lastNs: Float64Array;
  readonly minimumSlackNs: Float64Array;
  /** Executions with a slack of 2^(n-1) ns up to 2^n - 1; index 0: none at all. */
  readonly slackHistogram = new Float64Array(slackBuckets + 1);
  /** End of the first wait_sync, its duration included: where experiments count from. */
  syncEndNs: number | undefined;
  underflow: { instruction: number; timeNs: number; slackNs: number } | undefined;

  constructor(instructions: number) {
    this.count = new Float64Array(instructions);
    this.skipped = new Float64Array(instructions);
    this.firstNs = new Float64Array(instructions);
    this.lastNs = new Float64Array(instructions);
    this.minimumSlackNs = new Float64Array(instructions).fill(Number.POSITIVE_INFINITY);
  }

  /** Takes the record at word `at`. */
  take(words: Int32Array, at: number): void {
    const kind = words[at] & 0xff;
    const instruction = words[at] >>> 16;
    const timeNs = (words[at + 2] >>> 0) + words[at + 3] * wordSpan;
    switch (kind) {
      case SequencerRecord.EXECUTE:
        this.skipped[instruction] += words[at + 5] & 1;
        this.executed(instruction, timeNs, words[at + 1]);
        if (this.syncNext) this.syncEndNs = timeNs + (words[at + 4] >>> 0);
        this.syncNext = false;
        break;
      case SequencerRecord.COMMIT:
        this.executed(instruction, timeNs, words[at + 1]);
        this.outputs.take(words, at);
        break;
      case SequencerRecord.NCO:
        this.outputs.take(words, at);
        break;
      case SequencerRecord.SYNC:
        this.syncNext = this.syncEndNs === undefined;
        break;
      case SequencerRecord.UNDERFLOW:
        this.underflow = { instruction, timeNs, slackNs: words[at + 1] };
        break;
      default:
        this.happened(kind, instruction, timeNs, words, at);
    }
  }

  /** The SYNC record stands before that of its wait_sync. */
  private syncNext = false;

  private executed(instruction: number, timeNs: number, slackNs: number): void {
    if (this.count[instruction]++ === 0) this.firstNs[instruction] = timeNs;
    this.lastNs[instruction] = timeNs;
    if (slackNs < this.minimumSlackNs[instruction]) this.minimumSlackNs[instruction] = slackNs;
    this.slackHistogram[slackBuckets - Math.clz32(slackNs)]++;
  }

  private happened(kind: number, instruction: number, timeNs: number, words: Int32Array, at: number): void {
    if (kind === SequencerRecord.ACQUIRE) {
      this.acquisitionCount++;
      if (this.acquisitions.length < listMax) this.acquisitions.push(acquisitionOf(instruction, timeNs, words, at));
    } else if (kind === SequencerRecord.TRIGGER && this.triggers.length < listMax) {
      const lost = words[at + 6];
      this.triggers.push({
        timeNs,
        address: words[at + 4],
        waitedNs: words[at + 5],
        lost: lost === 0 ? 'no' : lost === 1 ? 'conflict' : 'missed',
      });
    }
  }
}

function acquisitionOf(instruction: number, timeNs: number, words: Int32Array, at: number): AcquisitionSeen {
  const type = types[(words[at + 5] >> 8) & 0xff];
  const weights: [number, number] = [words[at + 7] & 0xffff, words[at + 7] >>> 16];
  return {
    timeNs,
    instruction,
    acquisition: words[at + 5] & 0xff,
    bin: words[at + 4] >>> 0,
    lengthNs: words[at + 6] >>> 0,
    type,
    weights: type === 'weighed' ? weights : undefined,
  };
}

/** Hands each record of a batch to the observer of its sequencer. */
export function sinkOf(observers: readonly (SequencerObserver | undefined)[]) {
  return (words: Int32Array, count: number): void => {
    for (let record = 0; record < count; record++) {
      const at = record * recordWords;
      observers[(words[at] >>> 8) & 0xff]?.take(words, at);
    }
  };
}
