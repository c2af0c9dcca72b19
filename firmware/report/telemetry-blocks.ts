// Where telemetry records are kept: retained RAM, in blocks of 16 words. This is the one file that writes it.
//
//   block 0, 1     the state, two copies in turn: the newer one that is whole counts
//   block 2 ..     records, each in one block or in two
//
//   record         | check | meta | boot | sequence | time low | time high | entry | body ...          9 words of the body, the others in the second block
//   meta             magic << 24 | second block << 16 | kind << 8 | class << 5 | words of the body
//   check            CRC-32 of all words behind it
//   entry            1 + number of the recorder's entry that it was made of; 0: of none
//
// What must stay true: a record or state counts only when its CRC is right, so what a reset left half written, and what memory holds after power-on, is none.

import { crc32 } from '../../protocol/guest/crc32';
import { copyFromBus, copyToBus } from '../../protocol/guest/dma';
import { TELEMETRY_BODY_WORDS_MAX } from '../../protocol/guest/generated/constants';
import {
  RETAINED_DATA,
  RETAINED_DATA_COUNT,
  readRetainedData,
  writeRetainedData,
} from '../../protocol/guest/generated/registers';

const BLOCK_WORDS: u32 = 16;
const BLOCK_SIZE: u32 = BLOCK_WORDS << 2;
export const BLOCKS: u32 = RETAINED_DATA_COUNT / BLOCK_WORDS;
/** Blocks 0 and 1 hold the state. */
export const FIRST_BLOCK: u32 = 2;
const HEAD_WORDS: u32 = 7;
const HEAD_SIZE: u32 = HEAD_WORDS << 2;
/** Words of a body that stand in the first block. */
const FIRST_WORDS: u32 = BLOCK_WORDS - HEAD_WORDS;
const MAGIC: u32 = 0xc7;
const META_WORD: u32 = 1;
/** What the CRC of a state is continued from, so that a record is never one. */
const STATE_MAGIC: u32 = 0x314c4554;

/** A record in RAM: the head, then the words of the body. */
@unmanaged
export class Telemetry {
  check: u32 = 0;
  meta: u32 = 0;
  boot: u32 = 0;
  sequence: u32 = 0;
  timeLow: u32 = 0;
  timeHigh: u32 = 0;
  entry: u32 = 0;
}

/** What is kept beside the records: what was acknowledged, what was dropped, where numbers go on. */
@unmanaged
export class State {
  check: u32 = 0;
  /** The larger one of two copies counts. */
  generation: u32 = 0;
  /** Records before this number are acknowledged. */
  ackBoot: u32 = 0;
  ackSequence: u32 = 0;
  /** Entries of the recorder before this one have become records. */
  entry: u32 = 0;
  /** Number of the next record. */
  boot: u32 = 0;
  sequence: u32 = 0;
  /** Dropped, and not told yet. */
  dropped: u32 = 0;
  firstBoot: u32 = 0;
  firstSequence: u32 = 0;
  lastBoot: u32 = 0;
  lastSequence: u32 = 0;
  /** The block of the record that was dropped last, 0 for none: should the reset come before it is void, it is void all the same. */
  victim: u32 = 0;
  victimBoot: u32 = 0;
  victimSequence: u32 = 0;
  spare: u32 = 0;
}

const draft: usize = memory.data(<i32>(2 * BLOCK_SIZE), 4);
const shown: usize = memory.data(<i32>(2 * BLOCK_SIZE), 4);
const kept: usize = memory.data(<i32>BLOCK_SIZE, 4);
const copy: usize = memory.data(<i32>BLOCK_SIZE, 4);

/** The record that is being made. */
export function draftRecord(): Telemetry {
  assert(offsetof<Telemetry>() == <usize>HEAD_SIZE, 'the overlay is the drawing’s');
  return changetype<Telemetry>(draft);
}

export function setBody(word: u32, value: u32): void {
  assert(word < TELEMETRY_BODY_WORDS_MAX, 'a word of a body');
  assert(FIRST_WORDS + BLOCK_WORDS == TELEMETRY_BODY_WORDS_MAX, 'two blocks hold the longest body');
  store<u32>(draft + HEAD_SIZE + (word << 2), value);
}

/** The record that was looked at last. */
export function shownRecord(): Telemetry {
  assert(offsetof<Telemetry>() == <usize>HEAD_SIZE, 'the overlay is the drawing’s');
  return changetype<Telemetry>(shown);
}

export function shownBody(word: u32): u32 {
  assert(word < wordsOf(shownRecord().meta), 'a word of its body');
  assert(wordsOf(shownRecord().meta) <= TELEMETRY_BODY_WORDS_MAX, 'a body that two blocks hold');
  return load<u32>(shown + HEAD_SIZE + (word << 2));
}

export function kindOf(meta: u32): u32 {
  assert(meta >> 24 == MAGIC, 'the meta of a record');
  return (meta >> 8) & 0xff;
}

export function classOf(meta: u32): u32 {
  assert(meta >> 24 == MAGIC, 'the meta of a record');
  return (meta >> 5) & 7;
}

export function wordsOf(meta: u32): u32 {
  return meta & 0x1f;
}

/** The second block, 0 where there is one only. */
export function secondOf(meta: u32): u32 {
  assert(meta >> 24 == MAGIC, 'the meta of a record');
  return (meta >> 16) & 0xff;
}

export function metaOf(kind: u32, level: u32, words: u32): u32 {
  assert(kind != 0 && kind <= 0xff && level <= 7, 'numbers that their places hold');
  assert(words <= TELEMETRY_BODY_WORDS_MAX, 'a body that two blocks hold');
  return (MAGIC << 24) | (kind << 8) | (level << 5) | words;
}

export function blocksOf(meta: u32): u32 {
  assert(wordsOf(meta) <= TELEMETRY_BODY_WORDS_MAX, 'a body that two blocks hold');
  return wordsOf(meta) > FIRST_WORDS ? 2 : 1;
}

/** Writes the draft; `second` is 0 where one block is enough. */
export function writeDraft(first: u32, second: u32): void {
  const record = draftRecord();
  record.meta |= second << 16;
  assert(first >= FIRST_BLOCK && first < BLOCKS && second < BLOCKS, 'blocks of records');
  assert((second != 0) == (blocksOf(record.meta) == 2), 'as many blocks as it takes');
  record.check = checkOf(draft);
  assert(first != second, 'two different ones');
  if (second != 0) copyToBus(addressOf(second), draft + BLOCK_SIZE, BLOCK_SIZE);
  copyToBus(addressOf(first), draft, BLOCK_SIZE);
}

/** Copies the record that begins in a block to `shownRecord`; false where none does. */
export function lookAt(first: u32): bool {
  assert(first >= FIRST_BLOCK && first < BLOCKS, 'a block of records');
  copyFromBus(shown, addressOf(first), BLOCK_SIZE);
  const meta = shownRecord().meta;
  if (meta >> 24 != MAGIC || wordsOf(meta) > TELEMETRY_BODY_WORDS_MAX) return false;
  const second = secondOf(meta);
  if ((second != 0) != (blocksOf(meta) == 2) || second >= BLOCKS) return false;
  if (second != 0) copyFromBus(shown + BLOCK_SIZE, addressOf(second), BLOCK_SIZE);
  assert(HEAD_WORDS + wordsOf(meta) <= 2 * BLOCK_WORDS, 'its words were copied');
  return checkOf(shown) == shownRecord().check;
}

/** From here on no record begins in this block. */
export function voidBlock(block: u32): void {
  assert(block >= FIRST_BLOCK && block < BLOCKS, 'a block of records');
  writeRetainedData(block * BLOCK_WORDS + META_WORD, 0);
  assert(readRetainedData(block * BLOCK_WORDS + META_WORD) >> 24 != MAGIC, 'and none is found there');
}

/** The state in RAM; `saveState` keeps it. */
export function keptState(): State {
  assert(offsetof<State>() == <usize>BLOCK_SIZE, 'a state fills a block');
  return changetype<State>(kept);
}

export function saveState(): void {
  const state = keptState();
  assert(state.dropped == 0 || state.firstBoot <= state.lastBoot, 'the first one comes before the last one');
  state.generation++;
  assert(state.generation != 0, 'the newer copy has the larger number');
  state.check = crc32(STATE_MAGIC, kept + 4, BLOCK_SIZE - 4);
  copyToBus(addressOf(state.generation & 1), kept, BLOCK_SIZE);
}

/** Takes over the newest state that is whole; false where there is none, and then it is a new one. */
export function loadState(): bool {
  memory.fill(kept, 0, BLOCK_SIZE);
  assert(FIRST_BLOCK == 2, 'there are two copies');
  for (let block: u32 = 0; block < FIRST_BLOCK; block++) {
    copyFromBus(copy, addressOf(block), BLOCK_SIZE);
    const state = changetype<State>(copy);
    if (crc32(STATE_MAGIC, copy + 4, BLOCK_SIZE - 4) != state.check) continue;
    if (state.generation > keptState().generation) memory.copy(kept, copy, BLOCK_SIZE);
  }
  assert(keptState().generation != 0 || keptState().sequence == 0, 'a new state is empty');
  return keptState().generation != 0;
}

/** Forgets state and records: what memory holds is that of another life. */
export function clearBlocks(): void {
  memory.fill(kept, 0, BLOCK_SIZE);
  for (let block = FIRST_BLOCK; block < BLOCKS; block++) voidBlock(block);
  for (let block: u32 = 0; block < FIRST_BLOCK; block++) writeRetainedData(block * BLOCK_WORDS, 0);
  assert(keptState().generation == 0, 'the state is a new one');
}

function checkOf(record: usize): u32 {
  const words = wordsOf(changetype<Telemetry>(record).meta);
  assert(words <= TELEMETRY_BODY_WORDS_MAX, 'a body that two blocks hold');
  assert(record == draft || record == shown, 'a record in RAM');
  return crc32(0, record + 4, (HEAD_WORDS - 1 + words) << 2);
}

function addressOf(block: u32): u32 {
  assert(block < BLOCKS, 'a block that there is');
  assert(BLOCKS <= 0x100, 'whose number is a byte');
  return RETAINED_DATA + block * BLOCK_SIZE;
}
