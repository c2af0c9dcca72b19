// The statistics of one sequencer's run, updated with each record: for each instruction when it ran first and last, how often and with what
// least slack; marker changes, acquisitions, triggers; how the run ended.
//
// Times are on the clock of the records. What must stay true: the memory that it takes does not depend on how long a program runs; a list of
// events stops at a limit, and its count goes on.

import { SequencerRecord } from '../../../protocol/q1/records.ts';
import type { RecordView } from './records.ts';
import { SlackHistogram } from './slack.ts';

export interface Acquired {
  timeNs: number;
  instruction: number;
  acquisition: number;
  bin: number;
  lengthNs: number;
  /** SEQUENCER_RECORD_TYPE_*. */
  type: number;
}

export interface MarkerChange {
  timeNs: number;
  /** Masks of all markers. */
  before: number;
  after: number;
}

export interface Trigger {
  /** When it was sent. */
  timeNs: number;
  address: number;
  /** How long it waited for the grid. */
  waitedNs: number;
  lost: 'no' | 'conflict' | 'missed';
}

export interface Underflow {
  instruction: number;
  timeNs: number;
  /** Negative: by how much it was too late. */
  slackNs: number;
}

/** An instruction that its condition skipped, and the wait in its place. */
export interface Skip {
  timeNs: number;
  instruction: number;
  durationNs: number;
}

/** A register whose value the instruction cannot take. */
export interface WrongValue {
  /** How often. */
  count: number;
  /** The first time: the value, what was used of it, and the time of the next real-time instruction. */
  value: number;
  taken: number;
  timeNs: number;
}

/** How many entries a list has at most. */
const LIST_MOST = 100_000;

export class Tally {
  /** By instruction: how often the real-time core reached it; zero means never. */
  readonly count: Float64Array;
  /** By instruction: how often its condition skipped it. */
  readonly skipped: Float64Array;
  readonly firstNs: Float64Array;
  readonly lastNs: Float64Array;
  readonly minimumSlackNs: Int32Array;
  /** Of all real-time instructions except wait_sync, whose purpose is to wait. */
  readonly slack = new SlackHistogram();
  readonly markers: MarkerChange[] = [];
  readonly acquisitions: Acquired[] = [];
  acquisitionCount = 0;
  readonly skips: Skip[] = [];
  readonly triggers: Trigger[] = [];
  triggerCount = 0;
  /** Real-time instructions, skipped ones included. */
  executed = 0;
  /** Time of the first real-time instruction. */
  startNs: number | undefined;
  /** End of the first wait_sync, its duration included. */
  syncEndNs: number | undefined;
  underflow: Underflow | undefined;
  /** By instruction. */
  readonly wrongValues = new Map<number, WrongValue>();
  /** Windows that opened before the previous one closed. */
  overlaps = 0;
  /** The instruction that opened the first such window. */
  firstOverlapAt: number | undefined;
  private windowEndNs = 0;
  private marker = 0;
  /** The record of a wait_sync follows that of the sync. */
  private syncNext = false;

  constructor(instructions: number) {
    this.count = new Float64Array(instructions);
    this.skipped = new Float64Array(instructions);
    this.firstNs = new Float64Array(instructions);
    this.lastNs = new Float64Array(instructions);
    this.minimumSlackNs = new Int32Array(instructions);
  }

  /** Where the experiment begins: the end of the first wait_sync, or where outputs changed before it, the first real-time instruction. */
  get originNs(): number {
    return this.startsWithSync ? (this.syncEndNs ?? 0) : (this.startNs ?? 0);
  }

  private startsWithSync = false;
  private committed = false;

  add(record: RecordView): void {
    switch (record.kind) {
      case SequencerRecord.EXECUTE:
        if ((record.word(5) & 1) !== 0) this.skip(record, record.word(4));
        this.execute(record);
        break;
      case SequencerRecord.COMMIT:
        this.execute(record);
        this.commit(record);
        break;
      case SequencerRecord.ACQUIRE:
        this.acquire(record);
        break;
      case SequencerRecord.TRIGGER:
        this.trigger(record);
        break;
      case SequencerRecord.SYNC:
        this.syncNext = true;
        break;
      case SequencerRecord.VALUE:
        this.wrongValue(record);
        break;
      case SequencerRecord.UNDERFLOW:
        this.underflow = { instruction: record.instruction, timeNs: record.timeNs, slackNs: record.slackNs };
        break;
      default:
    }
  }

  private execute(record: RecordView): void {
    const { instruction: index, slackNs, timeNs } = record;
    if (this.syncNext) {
      if (this.syncEndNs === undefined) this.startsWithSync = !this.committed;
      this.syncEndNs ??= timeNs + record.word(4);
    } else {
      this.slack.add(slackNs, index);
    }
    this.syncNext = false;
    this.startNs ??= timeNs;
    if (this.count[index] === 0) {
      this.firstNs[index] = timeNs;
      this.minimumSlackNs[index] = slackNs;
    }
    this.count[index] += 1;
    this.lastNs[index] = timeNs;
    if (slackNs < this.minimumSlackNs[index]) this.minimumSlackNs[index] = slackNs;
    this.executed += 1;
  }

  private skip({ instruction, timeNs }: RecordView, durationNs: number): void {
    this.skipped[instruction] += 1;
    if (this.skips.length < LIST_MOST) this.skips.push({ timeNs, instruction, durationNs });
  }

  private commit(record: RecordView): void {
    this.committed = true;
    const after = (record.word(4) >>> 16) & 0xf;
    if (after === this.marker) return;
    if (this.markers.length < LIST_MOST) this.markers.push({ timeNs: record.timeNs, before: this.marker, after });
    this.marker = after;
  }

  private acquire(record: RecordView): void {
    this.acquisitionCount += 1;
    const { timeNs } = record;
    if (timeNs < this.windowEndNs) {
      this.overlaps += 1;
      this.firstOverlapAt ??= record.instruction;
    }
    this.windowEndNs = Math.max(this.windowEndNs, timeNs + record.word(6));
    if (this.acquisitions.length >= LIST_MOST) return;
    const w5 = record.word(5);
    this.acquisitions.push({
      timeNs,
      instruction: record.instruction,
      acquisition: w5 & 0xff,
      bin: record.word(4),
      lengthNs: record.word(6),
      type: (w5 >>> 8) & 0xff,
    });
  }

  private wrongValue(record: RecordView): void {
    const known = this.wrongValues.get(record.instruction);
    if (known !== undefined) {
      known.count += 1;
      return;
    }
    const { instruction, timeNs } = record;
    this.wrongValues.set(instruction, { count: 1, value: record.signed(4), taken: record.signed(5), timeNs });
  }

  private trigger(record: RecordView): void {
    this.triggerCount += 1;
    if (this.triggers.length >= LIST_MOST) return;
    const w6 = record.word(6);
    const lost = (w6 & 1) !== 0 ? 'conflict' : (w6 & 2) !== 0 ? 'missed' : 'no';
    this.triggers.push({ timeNs: record.timeNs, address: record.word(4), waitedNs: record.word(5), lost });
  }
}
