// Boots by what they read: two devices have the same boot exactly when they give the same answers.

import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { CellsLook } from '../../../host/board/page-checks.ts';
import { BootLog } from '../../../protocol/image/boot-log.ts';
import type { FuseLook, Look } from './boot-reads.ts';
import { type Answers, BootTree } from './boot-tree.ts';

const words = 1024;
const pages = 3;

/** A flash of three pages. */
function flash(...contents: [page: number, word: number, value: number][]): Int32Array[] {
  const cells = Array.from({ length: pages }, () => new Int32Array(words).fill(-1));
  for (const [page, word, value] of contents) cells[page][word] = value;
  return cells;
}

function device(cells: Int32Array[], more: Partial<Answers> = {}): Answers {
  return {
    ...{ cells, weak: [undefined, undefined, undefined], weakPages: 0 },
    ...{ fuses: new Uint32Array(4), weakFuses: new Uint32Array(4), agreesReadings: () => false },
    ...more,
  };
}

const look = (cells: Int32Array[], page: number, from: number, to = from + 1): CellsLook => ({
  ...{ page, from, to, seen: cells[page] },
});
/** A page that begins with a record of the boot log. */
function loggedPage(number: number, cause: number): Int32Array {
  const page = new Int32Array(words).fill(-1);
  page[0] = number;
  page[BootLog.CAUSE / 4] = cause;
  page[BootLog.CRC / 4] = crc32(new Uint8Array(page.buffer, 0, BootLog.CRC), BootLog.MAGIC_VALUE);
  return page;
}

const weakAt = (page: number, word: number): Partial<Answers> => {
  const weak: (Int32Array | undefined)[] = [undefined, undefined, undefined];
  weak[page] = new Int32Array(words);
  (weak[page] as Int32Array)[word] = 1;
  return { weak, weakPages: 1 };
};

describe('a known boot', () => {
  test('is found for a device that holds the same where the boot read, whatever it holds elsewhere', () => {
    const tree = new BootTree<string>();
    const one = flash([0, 5, 7]);
    tree.add([look(one, 0, 5), look(one, 1, 0, 16)], 'one');
    expect(tree.find(device(one))).toBe('one');
    expect(tree.find(device(flash([0, 5, 7], [0, 6, 1], [2, 0, 1])))).toBe('one');
    expect(tree.find(device(flash([0, 5, 8])))).toBeUndefined();
    expect(tree.find(device(flash([0, 5, 7], [1, 15, 0])))).toBeUndefined();
  });

  test('is not found for a device with an unstable bit where the boot read', () => {
    const tree = new BootTree<string>();
    const one = flash();
    tree.add([look(one, 0, 5), { fuse: 2, value: 0 }], 'one');
    expect(tree.find(device(one, weakAt(0, 6)))).toBe('one');
    expect(tree.find(device(one, weakAt(0, 5)))).toBeUndefined();
    expect(tree.find(device(one, { weakFuses: Uint32Array.of(0, 0, 1, 0) }))).toBeUndefined();
    expect(tree.find(device(one, { fuses: Uint32Array.of(0, 0, 1, 0) }))).toBeUndefined();
  });

  test('is found whatever a record of the boot log tells, as long as it is of the same boot', () => {
    const tree = new BootTree<string>();
    tree.add([{ logged: 4096, number: 7 }], 'after 7');
    tree.add([{ logged: 4096, number: 8 }], 'after 8');
    tree.add([{ logged: 4096, number: -1 }], 'after none');
    const logging = (number: number, cause: number, more?: Partial<Answers>) =>
      device([flash()[0], loggedPage(number, cause), flash()[2]], more);
    for (const cause of [1, 2]) {
      expect(tree.find(logging(7, cause))).toBe('after 7');
      expect(tree.find(logging(8, cause))).toBe('after 8');
    }
    expect(tree.find(device(flash()))).toBe('after none');
    expect(tree.find(device(flash([1, 3, 0])))).toBeUndefined();
    expect(tree.find(logging(9, 1))).toBeUndefined();
    expect(tree.find(logging(7, 1, weakAt(1, 15)))).toBeUndefined();
    expect(tree.find(logging(7, 1, weakAt(1, 16)))).toBe('after 7');
  });

  test('is distinguished from one that read on elsewhere by the answer at which they differ', () => {
    const tree = new BootTree<string>();
    const [one, other, third] = [flash([0, 1, 10]), flash([0, 1, 11], [2, 0, 5]), flash([0, 1, 11], [2, 0, 6])];
    const first = (cells: Int32Array[]) => [look(cells, 0, 0), look(cells, 0, 1)];
    tree.add([...first(one), look(one, 1, 0)], 'one');
    tree.add([...first(other), look(other, 2, 0)], 'other');
    tree.add([...first(third), look(third, 2, 0)], 'third');
    expect([one, other, third].map((cells) => tree.find(device(cells)))).toEqual(['one', 'other', 'third']);
    expect(tree.find(device(flash([0, 1, 11], [2, 0, 7])))).toBeUndefined();
    expect(tree.find(device(flash([0, 1, 12])))).toBeUndefined();
    // Also at the look at which two boots differ.
    expect(tree.find(device(other, weakAt(0, 1)))).toBeUndefined();
  });

  test('is refused when it contradicts another: then a read is missing in the list', () => {
    const tree = new BootTree<string>();
    const cells = flash();
    expect(tree.add([look(cells, 0, 0), look(cells, 1, 0)], 'one')).toBeUndefined();
    expect(tree.add([look(cells, 0, 0), look(cells, 2, 0)], 'other')).toBe(
      'having read the same as a boot before it, it reads 4 bytes at 0x2000, not 4 bytes at 0x1000',
    );
    expect(tree.add([look(cells, 0, 0)], 'shorter')).toMatch(/^it ends where .* reads on: 4 bytes at 0x1000$/);
    expect(tree.add([look(cells, 0, 0), look(cells, 1, 0), look(cells, 2, 0)], 'longer')).toMatch(/it reads on/);
    expect(tree.find(device(cells))).toBe('one');
  });
});

/** A random bootloader: what it reads next, and what it does, depends on everything that it read before. */
function bootOf(cells: readonly Int32Array[], fuses: Uint32Array, seed: number): { looks: Look[]; does: number } {
  const looks: Look[] = [];
  let known = seed;
  for (let step = 0; step < 4 + (known & 3); step++) {
    const page = (known >>> 3) % pages;
    const word = (known >>> 5) % 4;
    const answers: (CellsLook | FuseLook)[] = [
      { page, from: word, to: word + 1 + ((known >>> 9) & 1), seen: cells[page] },
      { fuse: word, value: fuses[word] },
    ];
    const chosen = answers[((known >>> 11) & 3) === 0 ? 1 : 0];
    if (looks.some((each) => isSameQuestion(each, chosen))) {
      known = mix(known, 1);
      continue;
    }
    looks.push(chosen);
    const read = 'fuse' in chosen ? [chosen.value] : [...cells[page].subarray(chosen.from, chosen.to)];
    for (const value of read) known = mix(known, value);
  }
  return { looks, does: known };
}

function isSameQuestion(one: Look, other: Look): boolean {
  const question = (each: Look) => JSON.stringify({ ...each, seen: 0, value: 0 });
  return question(one) === question(other);
}

function mix(one: number, other: number): number {
  const mixed = Math.imul(one ^ Math.imul(other + 0x9e37, 0x85eb_ca6b), 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

test('of nine thousand devices each finds the boot that it would have had, or none', () => {
  for (const seed of [1, 2, 3]) {
    const tree = new BootTree<number>();
    let [chance, shared] = [seed, 0];
    const next = (below: number) => {
      chance = mix(chance, 3);
      return chance % below;
    };
    for (let number = 0; number < 3_000; number++) {
      const cells = flash();
      for (let change = next(4); change > 0; change--) cells[next(pages)][next(5)] = next(2);
      const fuses = Uint32Array.from({ length: 4 }, () => (next(3) === 0 ? 1 : 0));
      const found = tree.find(device(cells, { fuses }));
      const { looks, does } = bootOf(cells, fuses, seed);
      if (found === undefined) expect(tree.add(looks, does)).toBeUndefined();
      else shared++;
      if (found !== undefined) expect(found).toBe(does);
    }
    expect(shared).toBeGreaterThan(1_000);
  }
});
