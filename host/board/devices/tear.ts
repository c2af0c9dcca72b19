// The possible results of an interrupted flash operation: a table of patterns that proofs can choose from by name.
//
// An operation changes bytes from `cells` to `target`. After a cut, each bit that should change may or may not have
// changed; the pattern decides which. What must stay true: a bit that should not change does not change (except with
// PRE_PROGRAMMED: before it erases, a NOR chip programs every cell of the sector to zero), and the result depends
// only on the bytes and on `random`.

/** Changes `cells` in place; may set weak bits in `weak` (of the same length). `random` gives 32 bits. */
type Tear = (cells: Uint8Array, target: Uint8Array, weak: Uint8Array, random: () => number) => void;

interface TearPattern {
  name: string;
  doc: string;
  /** Possible for a program operation; all patterns are possible for an erase. */
  program: boolean;
  tear: Tear;
}

/** The number of a pattern is its index here. Append only, because logs contain the number. */
export const tearPatterns: readonly TearPattern[] = [
  { name: 'NONE', doc: 'Nothing of it happened', program: true, tear: () => {} },
  {
    name: 'PREFIX',
    doc: 'Some bytes at the start are done',
    program: true,
    tear: (cells, target, _weak, random) => copyRange(cells, target, 0, someOf(cells.length, random)),
  },
  {
    name: 'SUFFIX',
    doc: 'Some bytes at the end are done',
    program: true,
    tear: (cells, target, _weak, random) => copyRange(cells, target, someOf(cells.length, random), cells.length),
  },
  {
    name: 'ALL_BUT_LAST',
    doc: 'All bytes are done except the last, so that a check of the first bytes finds it complete',
    program: true,
    tear: (cells, target) => copyRange(cells, target, 0, cells.length - 1),
  },
  {
    name: 'RANDOM_BITS',
    doc: 'Each bit that was to change has changed, or not',
    program: true,
    tear: (cells, target, _weak, random) => {
      for (let i = 0; i < cells.length; i++) cells[i] ^= (cells[i] ^ target[i]) & random();
    },
  },
  {
    name: 'WEAK_BITS',
    doc: 'Each bit that was to change has changed, or not, or is weak: it reads anew at each read',
    program: true,
    tear: (cells, target, weak, random) => {
      for (let i = 0; i < cells.length; i++) {
        const changing = cells[i] ^ target[i];
        const chance = random();
        cells[i] ^= changing & chance;
        weak[i] |= changing & (chance >>> 8);
      }
    },
  },
  {
    name: 'PRE_PROGRAMMED',
    doc: 'Some bytes at the start are zero: the erase was cut while it still evened out the cells',
    program: false,
    tear: (cells, _target, _weak, random) => void cells.fill(0, 0, someOf(cells.length, random)),
  },
];

const programPatterns = tearPatterns.map((pattern, number) => (pattern.program ? number : -1)).filter((n) => n >= 0);

/** The number of a pattern by its name; the error for an unknown name lists all names. */
export function tearPatternNumber(name: string): number {
  const number = tearPatterns.findIndex((pattern) => pattern.name === name);
  if (number < 0)
    throw new Error(`no tear pattern is called ${name}; there are ${tearPatterns.map((each) => each.name).join(', ')}`);
  return number;
}

/** A random pattern that is possible for a program operation, or for an erase. */
export function anyTearPattern(program: boolean, random: () => number): number {
  const chance = random();
  return program ? programPatterns[chance % programPatterns.length] : chance % tearPatterns.length;
}

/** From 1 to length - 1. */
function someOf(length: number, random: () => number): number {
  if (length < 2) throw new Error(`a piece of ${length} bytes cannot be torn between bytes`);
  return 1 + (random() % (length - 1));
}

function copyRange(cells: Uint8Array, target: Uint8Array, from: number, to: number): void {
  cells.set(target.subarray(from, to), from);
}
