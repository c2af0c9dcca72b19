// For tests: makes records, and runs from records. Times are on the clock of the records, as the chip writes them.

import { SequencerRecord } from '../../../protocol/q1/records.ts';
import { SequencerFlag } from '../../../protocol/q1/status.ts';
import { assembleSequence } from '../q1/index.ts';
import { RecordStore, RecordView } from './records.ts';
import type { PulseRun, SequencerRun } from './run.ts';
import { Tally } from './tally.ts';

export interface HandMade {
  kind: keyof typeof SequencerRecord;
  timeNs: number;
  instruction?: number;
  slackNs?: number;
  /** Words 4 to 7. */
  words?: number[];
}

export function recordWords({ kind, timeNs, instruction, slackNs = 0, words = [] }: HandMade): Int32Array {
  const index = instruction ?? SequencerRecord.INDEX_NONE;
  const record = new Int32Array(SequencerRecord.SIZE / 4);
  record.set([SequencerRecord[kind] | (index << 16), slackNs, timeNs, Math.floor(timeNs / 2 ** 32), ...words]);
  return record;
}

export const execute = (
  timeNs: number,
  instruction: number,
  tookNs: number,
  slackNs = 100,
  skipped = false,
): HandMade => ({
  ...{ kind: 'EXECUTE', timeNs, instruction, slackNs, words: [tookNs, skipped ? 1 : 0] },
});

export interface Outputs {
  marker?: number;
  waves?: [number, number];
}

export const commit = (
  timeNs: number,
  instruction: number,
  durationNs: number,
  { marker = 0, waves }: Outputs = {},
  slackNs = 100,
): HandMade => ({
  ...{ kind: 'COMMIT', timeNs, instruction, slackNs },
  words: [
    durationNs | (marker << 16) | (waves === undefined ? 0 : 1 << 20),
    ...[0x7fff_7fff, 0, waves === undefined ? 0 : waves[0] | (waves[1] << 16)],
  ],
});

export const acquire = (
  timeNs: number,
  instruction: number,
  acquisition: number,
  bin: number,
  lengthNs: number,
): HandMade => ({
  ...{ kind: 'ACQUIRE', timeNs, instruction, words: [bin, acquisition, lengthNs, 0] },
});

/** A wait_sync: when the core reached it, and how long it took, with its own duration. */
export const synced = (timeNs: number, instruction: number, tookNs: number, slackNs = 100): HandMade[] => [
  { kind: 'SYNC', timeNs: timeNs + tookNs, instruction },
  execute(timeNs, instruction, tookNs, slackNs),
];

export const stopped = (timeNs: number): HandMade => ({ kind: 'STOPPED', timeNs });

/** A run whose output at each nanosecond of the sequencer is given by `level`. */
export function sequencerRun(
  text: string,
  records: HandMade[],
  level: (timeNs: number, path: 0 | 1) => number = () => 0,
  name = 'q1',
): SequencerRun {
  const sequence = assembleSequence(text, name, 'qblox-qrm');
  const tally = new Tally(sequence.program.instructions.length);
  const store = new RecordStore(1000);
  const stopNs = records.find(({ kind }) => kind === 'STOPPED')?.timeNs ?? 0;
  for (const record of records) {
    const view = new RecordView(recordWords(record));
    tally.add(view);
    store.add(view);
  }
  const rendered = (fromNs: number, toNs: number, path: 0 | 1) =>
    Int16Array.from({ length: Math.max(0, toNs - fromNs) }, (_, index) => level(fromNs + index, path));
  const flags = tally.underflow === undefined ? 0 : SequencerFlag.SEQUENCE_PROCESSOR_RT_EXEC_COMMAND_UNDERFLOW;
  return {
    ...{ name, sequence, tally, records: store, flags, exitCode: 0 },
    ...{ state: 'STOPPED', instructions: records.length, endNs: stopNs - tally.originNs, bins: () => [] },
    paths: (fromNs, toNs) => ({ fromNs, path0: rendered(fromNs, toNs, 0), path1: rendered(fromNs, toNs, 1) }),
  };
}

export function pulseRun(...sequencers: SequencerRun[]): PulseRun {
  return { sequencers, wallMs: 1, modulated: false, deadlock: undefined };
}
