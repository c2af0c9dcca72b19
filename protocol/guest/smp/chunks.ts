// An upload in chunks, in order, into a staging area: for every command that takes one.
//
//   off 0            a new upload, whatever was under way
//   off expected     taken; the reply says where the next begins
//   any other        dropped; the reply says what is expected
//
// What must stay true: one upload of a kind at a time; what is taken is whole words, and no more than the upload said.

import { cborContent, cborContentLength } from '../cbor-reader';

/** The upload was not ended by this chunk, which was taken or dropped. */
export const CHUNK_MORE: u32 = 0;
/** It was the last chunk: everything is staged. */
export const CHUNK_LAST: u32 = 1;
/** It is longer than what is left, or no multiple of 4 bytes: the upload is over. */
export const CHUNK_REFUSED: u32 = 2;

const WORD_MASK: u32 = 3;
/** Bytes that a window on a staging area shows. */
const WINDOW: u32 = 256;
/** Bytes of a Chunks. */
export const CHUNKS_SIZE: usize = 8;

/** One kind of upload. None is under way while `total` is 0. */
@unmanaged
export class Chunks {
  total: u32 = 0;
  /** Where the next chunk begins. */
  expected: u32 = 0;
}

/** The overlay of eight bytes of memory. */
export function chunksAt(place: usize): Chunks {
  assert((place & WORD_MASK) == 0, 'words are aligned');
  assert(offsetof<Chunks>() == CHUNKS_SIZE, 'two words');
  return changetype<Chunks>(place);
}

export function beginChunks(chunks: Chunks, length: u32): void {
  assert(length != 0 && (length & WORD_MASK) == 0, 'whole words, one at least');
  chunks.total = length;
  chunks.expected = 0;
  assert(chunks.total > chunks.expected, 'an upload begins before its end');
}

/** Takes the chunk at `offset`, the bytes of the item `data` (0: none were sent); CHUNK_*. `stage` puts a window's bytes into the staging area. */
export function takeChunk(
  chunks: Chunks,
  offset: u64,
  data: usize,
  stage: (offset: u32, chunk: usize, length: u32) => void,
): u32 {
  if (chunks.total == 0 || offset != <u64>chunks.expected || data == 0) return CHUNK_MORE;
  assert(chunks.expected < chunks.total, 'an upload is under way, and not at its end');
  const chunk = cborContent(data);
  const length = cborContentLength(data);
  if ((length & WORD_MASK) != 0 || length > chunks.total - chunks.expected) {
    chunks.total = 0;
    return CHUNK_REFUSED;
  }
  for (let done: u32 = 0; done < length; done += WINDOW)
    stage(chunks.expected + done, chunk + done, min<u32>(WINDOW, length - done));
  chunks.expected += length;
  assert(chunks.expected <= chunks.total, 'an upload takes no more than it said');
  if (chunks.expected != chunks.total) return CHUNK_MORE;
  chunks.total = 0;
  return CHUNK_LAST;
}
