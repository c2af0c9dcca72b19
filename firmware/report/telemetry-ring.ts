// The telemetry ring: records in the order of their numbers (boot, sequence), until they are acknowledged or dropped.
//
//   append ──> | oldest ... newest | ──> read, as often as wanted ──> acknowledge
//                    '── no room: the oldest of the lowest class is dropped, and counted; tellDropped makes a record of the count
//
// Records are in retained RAM (telemetry-blocks.ts), their order is in the core's (telemetry-places.ts); after a reset `recover` makes it anew.
// What must stay true:
// - no number is given twice, none is left out: a record that is dropped at once has used its number up
// - what was dropped is counted before it is void, and counted once, whenever the reset comes
// - of what was acknowledged nothing is told again

import { TELEMETRY_CLASS_CRITICAL, TELEMETRY_KIND_DROPPED } from '../../protocol/guest/generated/constants';
import {
  BLOCKS,
  blocksOf,
  classOf,
  clearBlocks,
  draftRecord,
  FIRST_BLOCK,
  keptState,
  kindOf,
  loadState,
  lookAt,
  metaOf,
  saveState,
  setBody,
  shownBody,
  shownRecord,
  voidBlock,
  wordsOf,
  writeDraft,
} from './telemetry-blocks';
import {
  addFound,
  addLast,
  freeBlocks,
  freeOthers,
  lowest,
  placeAt,
  recordCount,
  recordsUpTo,
  removeAt,
  removeFirst,
  showRecord,
  takeBlock,
} from './telemetry-places';

const DROPPED_WORDS: u32 = 5;

/** Whether a number was given to a record. */
export function wasGiven(boot: u32, sequence: u32): bool {
  const state = keptState();
  assert(state.generation != 0, 'the ring was recovered');
  return boot < state.boot || (boot == state.boot && sequence < state.sequence);
}

/**
 * The ring as it was before the reset, or a new one: `isNew`, or nothing whole is found. True when it is the one before. `entries`: how many the recorder
 * had recorded; a state or record that is made of later ones is of another life.
 */
export function recover(isNew: bool, entries: u32): bool {
  assert(recordCount() == 0 && freeBlocks() == 0, 'it is recovered once');
  const isKept = !isNew && loadState() && keptState().entry <= entries;
  if (!isKept) clearBlocks();
  if (keptState().victim != 0 && lookAt(keptState().victim)) voidVictim();
  for (let block = FIRST_BLOCK; block < BLOCKS; block++)
    if (lookAt(block) && shownRecord().entry <= entries) adopt(block);
  freeOthers();
  forgetTold();
  saveState();
  assert(recordCount() == 0 || isKept, 'a new ring is empty');
  return isKept;
}

/** The record that was dropped last, where the reset came before it was void. Another one may stand in its block by now. */
function voidVictim(): void {
  const state = keptState();
  assert(state.victim >= FIRST_BLOCK, 'a block of records');
  const record = shownRecord();
  if (record.boot == state.victimBoot && record.sequence == state.victimSequence) voidBlock(state.victim);
}

/** Takes over the record that is shown, unless it was acknowledged. */
function adopt(block: u32): void {
  const record = shownRecord();
  const state = keptState();
  assert(block >= FIRST_BLOCK, 'a block of records');
  if (record.boot < state.ackBoot || (record.boot == state.ackBoot && record.sequence < state.ackSequence)) return;
  if (!addFound(record, block)) return;
  if (record.boot > state.boot) {
    state.boot = record.boot;
    state.sequence = 0;
  }
  if (record.boot == state.boot) state.sequence = max(state.sequence, record.sequence + 1);
  state.entry = max(state.entry, record.entry);
  assert(record.boot <= state.boot, 'numbers go on behind it');
}

/** What was dropped was made a record, and the reset came before it was forgotten. */
function forgetTold(): void {
  const state = keptState();
  const count = recordCount();
  assert(state.dropped == 0 || state.firstBoot <= state.lastBoot, 'the first one comes before the last one');
  if (state.dropped == 0 || count == 0) return;
  showRecord(count - 1);
  if (kindOf(shownRecord().meta) != TELEMETRY_KIND_DROPPED || shownBody(0) != state.dropped) return;
  assert(wordsOf(shownRecord().meta) == DROPPED_WORDS, 'a record of what was dropped');
  if (shownBody(3) == state.lastBoot && shownBody(4) == state.lastSequence) state.dropped = 0;
}

/** From here on records are of this boot. */
export function beginBoot(boot: u32): void {
  const state = keptState();
  assert(state.generation != 0, 'the ring was recovered');
  if (boot <= state.boot) return;
  state.boot = boot;
  state.sequence = 0;
  assert(!wasGiven(boot, 0), 'its numbers begin');
  assert(wasGiven(boot - 1, u32.MAX_VALUE), 'boots before have ended');
}

/** Entries of the recorder that have become records. */
export function entriesTaken(): u32 {
  assert(keptState().generation != 0, 'the ring was recovered');
  return keptState().entry;
}

/** Entries that have left the recorder before they became records: each has used up a number. */
export function skipLost(entries: u32): void {
  const state = keptState();
  assert(entries != 0, 'something was lost');
  assert(state.sequence <= u32.MAX_VALUE - entries, 'numbers do not run out');
  countDropped(state.boot, state.sequence, 1);
  countDropped(state.boot, state.sequence + entries - 1, entries - 1);
  state.sequence += entries;
  state.entry += entries;
  saveState();
}

/** Appends the draft, whose time and body are set. `entry`: 1 + the recorder's entry that it was made of, or 0. */
export function append(kind: u32, level: u32, words: u32, entry: u32): void {
  const state = keptState();
  const record = draftRecord();
  assert(state.generation != 0, 'the ring was recovered');
  record.meta = metaOf(kind, level, words);
  record.boot = state.boot;
  record.sequence = state.sequence;
  record.entry = entry;
  const fits = makeRoom(blocksOf(record.meta), level);
  assert(state.sequence != u32.MAX_VALUE, 'numbers do not run out');
  state.sequence++;
  state.entry = max(state.entry, entry);
  if (!fits) {
    countDropped(record.boot, record.sequence, 1);
    saveState();
    return;
  }
  const first = takeBlock();
  const second: u32 = blocksOf(record.meta) == 2 ? takeBlock() : 0;
  writeDraft(first, second);
  addLast(record, first);
  assert(wasGiven(record.boot, record.sequence), 'its number is used up');
}

/** Drops until there is room for a record of this class; false when all others are of higher classes. */
function makeRoom(blocks: u32, level: u32): bool {
  assert(blocks == 1 || blocks == 2, 'a record has one block or two');
  while (freeBlocks() < blocks) {
    const victim = lowest();
    if (classOf(placeAt(victim).meta) > level) return false;
    drop(victim);
  }
  assert(freeBlocks() >= blocks, 'there is room');
  return true;
}

function drop(index: u32): void {
  const state = keptState();
  const place = placeAt(index);
  countDropped(place.boot, place.sequence, 1);
  // What it has told of is lost with it.
  if (kindOf(place.meta) == TELEMETRY_KIND_DROPPED) {
    showRecord(index);
    assert(wordsOf(place.meta) == DROPPED_WORDS, 'a record of what was dropped');
    countDropped(shownBody(1), shownBody(2), shownBody(0));
    countDropped(shownBody(3), shownBody(4), 0);
  }
  state.victim = place.block;
  state.victimBoot = place.boot;
  state.victimSequence = place.sequence;
  saveState();
  assert(state.dropped != 0, 'it is counted before it is void');
  voidBlock(place.block);
  removeAt(index);
}

/** `records` were dropped; this is the number of one of them. */
function countDropped(boot: u32, sequence: u32, records: u32): void {
  const state = keptState();
  const isFirst = state.dropped == 0;
  assert(state.dropped <= u32.MAX_VALUE - records, 'a count does not run out');
  assert(!isFirst || records != 0, 'a count begins with a record');
  if (isFirst || boot < state.firstBoot || (boot == state.firstBoot && sequence < state.firstSequence)) {
    state.firstBoot = boot;
    state.firstSequence = sequence;
  }
  if (isFirst || boot > state.lastBoot || (boot == state.lastBoot && sequence > state.lastSequence)) {
    state.lastBoot = boot;
    state.lastSequence = sequence;
  }
  state.dropped += records;
  assert(state.firstBoot <= state.lastBoot, 'the first one comes before the last one');
}

/** Makes a record of what was dropped, if anything was. The draft has the time. */
export function tellDropped(): void {
  const state = keptState();
  if (state.dropped == 0) return;
  const fits = makeRoom(1, TELEMETRY_CLASS_CRITICAL);
  assert(fits, 'no class is above this one');
  setBody(0, state.dropped);
  setBody(1, state.firstBoot);
  setBody(2, state.firstSequence);
  setBody(3, state.lastBoot);
  setBody(4, state.lastSequence);
  append(TELEMETRY_KIND_DROPPED, TELEMETRY_CLASS_CRITICAL, DROPPED_WORDS, 0);
  state.dropped = 0;
  saveState();
  assert(recordCount() != 0, 'it is kept');
}

/** Keeps no record up to this number any longer. The number was given. */
export function acknowledge(boot: u32, sequence: u32): void {
  const state = keptState();
  assert(wasGiven(boot, sequence), 'only what was told is acknowledged');
  const isLast = sequence == u32.MAX_VALUE;
  const nextBoot = isLast ? boot + 1 : boot;
  const next: u32 = isLast ? 0 : sequence + 1;
  if (nextBoot < state.ackBoot || (nextBoot == state.ackBoot && next <= state.ackSequence)) return;
  state.ackBoot = nextBoot;
  state.ackSequence = next;
  saveState();
  removeFirst(recordsUpTo(boot, sequence));
  assert(recordsUpTo(boot, sequence) == 0, 'none of them is kept');
}
