// The telemetry ring alone, for its unit test. A record has an identity of the test's in every word of its body.

import { classOf, draftRecord, keptState, kindOf, setBody, shownBody, shownRecord, wordsOf } from './telemetry-blocks';
import { recordCount, showRecord } from './telemetry-places';
import { append } from './telemetry-ring';

export {
  acknowledge,
  beginBoot,
  entriesTaken,
  recover,
  skipLost,
  tellDropped,
} from './telemetry-ring';
export { recordCount, shownBody };

export function appendWords(kind: u32, level: u32, words: u32, id: u32, entry: u32): void {
  draftRecord().timeLow = id;
  draftRecord().timeHigh = ~id;
  for (let word: u32 = 0; word < words; word++) setBody(word, id + word);
  append(kind, level, words, entry);
}

/** boot, sequence, kind, class, words, time of the record at an index: a number each. */
export function partOf(index: u32, part: u32): u32 {
  if (part == 0) showRecord(index);
  assert(index < recordCount(), 'a record that is kept');
  const record = shownRecord();
  if (part == 0) return record.boot;
  if (part == 1) return record.sequence;
  if (part == 2) return kindOf(record.meta);
  if (part == 3) return classOf(record.meta);
  return part == 4 ? wordsOf(record.meta) : record.timeLow;
}

export function nextSequence(): u32 {
  return keptState().sequence;
}

export function currentBoot(): u32 {
  return keptState().boot;
}
