// The possible results of an interrupted burn: a table of patterns that proofs can choose from by name.
//
// An anti-fuse conducts once its oxide has broken through. After a short pulse it may read as one or zero; another pulse completes it. What must
// stay true: a one that was burnt before stays, a bit that was not to be burnt stays zero, and the outcome depends on `random` alone.

interface FuseTearPattern {
  name: string;
  doc: string;
  /** Of `ones`: which are burnt, and which are weak: each read gives one or zero at random until they are burnt again. */
  tear: (ones: number, random: () => number) => { burnt: number; weak: number };
}

/** The number of a pattern is its index here. Append only, because logs contain the number. */
export const fuseTearPatterns: readonly FuseTearPattern[] = [
  { name: 'NONE', doc: 'Nothing of it happened', tear: () => ({ burnt: 0, weak: 0 }) },
  {
    name: 'ALL',
    doc: 'Every bit is burnt, but the end of the burn was not reported',
    tear: (ones) => ({ burnt: ones, weak: 0 }),
  },
  {
    name: 'RANDOM_BITS',
    doc: 'Each bit is burnt, or not',
    tear: (ones, random) => ({ burnt: ones & random(), weak: 0 }),
  },
  {
    name: 'WEAK_BITS',
    doc: 'Each bit is burnt, or not, or is weak: it reads anew at each read',
    tear: (ones, random) => {
      const burnt = ones & random();
      return { burnt, weak: ones & ~burnt & random() };
    },
  },
  { name: 'ALL_WEAK', doc: 'Every bit is weak', tear: (ones) => ({ burnt: 0, weak: ones }) },
];

/** The number of a pattern by its name; the error for an unknown name lists all names. */
export function fuseTearNumber(name: string): number {
  const number = fuseTearPatterns.findIndex((pattern) => pattern.name === name);
  if (number >= 0) return number;
  throw new Error(
    `no fuse tear pattern is called ${name}; there are ${fuseTearPatterns.map((each) => each.name).join(', ')}`,
  );
}
