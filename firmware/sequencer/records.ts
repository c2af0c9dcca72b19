// Records of what the sequencers do (protocol/q1/records.ts), into a buffer that the host empties. A kind that the host does not want is not written.

import { SEQUENCER_RECORD_INDEX_NONE, SEQUENCER_RECORD_SIZE } from '../../protocol/guest/generated/constants';
import { CORE_INDEX, SLACK } from './core';
import { RECORD_COUNT, RECORD_MASK, RECORDS, RECORDS_MAX } from './layout';

/** Room one real-time instruction may need: NCO, ACQUIRE, COMMIT, RESULT, and triggers that are settled with it. */
const ROOM: u32 = 256;

export function recordsFull(): bool {
  assert(ROOM < RECORDS_MAX, 'an empty buffer has room for an instruction');
  return load<u32>(RECORD_COUNT) > RECORDS_MAX - ROOM;
}

export function isWanted(kind: u32): bool {
  return (load<u32>(RECORD_MASK) & (1 << kind)) != 0;
}

/** Writes a record, when its kind is wanted. */
export function record(kind: u32, core: usize, index: u32, time: i64, a: u32, b: u32, c: u32, d: u32): void {
  assert(kind < 32, 'the mask has a bit for every kind');
  if (isWanted(kind)) write(kind, core, index, time, a, b, c, d);
}

/** As `record`, of a kind that is wanted: for callers that check before they collect its contents. */
export function write(kind: u32, core: usize, index: u32, time: i64, a: u32, b: u32, c: u32, d: u32): void {
  assert(index <= SEQUENCER_RECORD_INDEX_NONE, 'an index that its half word holds');
  const count = load<u32>(RECORD_COUNT);
  assert(count < RECORDS_MAX, 'the run stops before the buffer is full');
  const place = RECORDS + count * SEQUENCER_RECORD_SIZE;
  store<u32>(place, kind | (load<u32>(core, CORE_INDEX) << 8) | (index << 16));
  store<i32>(place, index == SEQUENCER_RECORD_INDEX_NONE ? 0 : load<i32>(core, SLACK), 4);
  store<i64>(place, time, 8);
  store<u32>(place, a, 16);
  store<u32>(place, b, 20);
  store<u32>(place, c, 24);
  store<u32>(place, d, 28);
  store<u32>(RECORD_COUNT, count + 1);
}
