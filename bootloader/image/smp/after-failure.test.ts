// What a flash operation that failed means for later requests: nothing. Each request is answered by what it did itself.

import { beforeEach, describe, expect, test } from 'vitest';
import { groupError, ImageBench, makeImage } from '../../../hil/rig/guest/image-bench.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';

const update = makeImage('1.1.0');
const flashWriteFailed = groupError(12);
let bench: ImageBench;

beforeEach(async () => {
  bench = await ImageBench.make(makeImage('1.0.0'));
  bench.confirmRunning();
});

/** Answers `request` while the cells from `from` on, `size` bytes of them, cannot be programmed. */
function whileWorn<Reply>(from: number, size: number, request: () => Reply): Reply {
  const { flash } = bench.board.machine;
  const write = flash.writeWord.bind(flash);
  flash.writeWord = (address, value) => {
    if (address < from || address >= from + size) write(address, value);
  };
  const reply = request();
  flash.writeWord = write;
  return reply;
}

const whileJournalWorn = <Reply>(request: () => Reply) =>
  whileWorn(MemoryMap.BOOT_STATE_0, 2 * MemoryMap.SECTOR_SIZE, request);

describe('after a boot state that could not be written', () => {
  test('a confirm that has nothing to do is answered with the list', () => {
    bench.uploadAll(update);
    expect(whileJournalWorn(() => bench.mark(update, false))).toEqual(flashWriteFailed);
    expect(bench.list(bench.confirmRunning())).toBe('0:bca 1:b');
  });
});

describe('after an upload that could not be stored', () => {
  beforeEach(() => {
    expect(whileWorn(MemoryMap.SLOT_B, MemoryMap.SLOT_SIZE, () => bench.uploadAll(update))).toEqual(flashWriteFailed);
  });

  test('the same upload is taken', () => {
    expect(bench.uploadAll(update)).toEqual({ off: update.length, match: true });
  });

  test('a confirm that has nothing to do is answered with the list', () => {
    expect(bench.list(bench.confirmRunning())).toBe('0:bca');
  });
});
