// The choices of a scenario: `choose(n)` is a number below n. One scenario is so run at random, through all its choices, or again as it was.
//
//   random     a hash of seed, scenario, variant and place of the choice (choice.ts): the same in every process
//   all        the choices count up like the digits of a number, the last one first, until every combination was there
//   given      the list of an earlier run
//
// What must stay true: a run is a function of its choices, so their list repeats it.

import { choice } from '../choice.ts';

export interface Chooser {
  /** Below `most`. */
  next(most: number): number;
  /** What was chosen so far. */
  readonly made: readonly number[];
}

export function randomChooser(seed: number, scenario: string, variant: number): Chooser {
  const made: number[] = [];
  return {
    made,
    next: (most) => {
      made.push(choice(seed, `${scenario} ${variant} ${made.length}`) % counted(most));
      return made[made.length - 1];
    },
  };
}

/** The choices of an earlier run; choices past their end are 0. */
export function givenChooser(given: readonly number[]): Chooser {
  const made: number[] = [];
  return {
    made,
    next: (most) => {
      const wanted = given[made.length] ?? 0;
      if (wanted >= counted(most))
        throw new RangeError(
          `choice ${made.length + 1} is to be ${wanted}, but there are only ${most}; these choices are of another version`,
        );
      made.push(wanted);
      return wanted;
    },
  };
}

/** One chooser for each combination of choices, each to be used for one run before the next is taken. */
export function* allChoosers(): Generator<Chooser, void> {
  let prefix: number[] = [];
  for (;;) {
    const limits: number[] = [];
    const given = givenChooser(prefix);
    yield {
      made: given.made,
      next: (most) => {
        limits.push(most);
        return given.next(most);
      },
    };
    const made = [...given.made];
    while (made.length > 0 && made[made.length - 1] + 1 >= limits[made.length - 1]) made.pop();
    if (made.length === 0) return;
    made[made.length - 1]++;
    prefix = made;
  }
}

function counted(most: number): number {
  if (Number.isSafeInteger(most) && most >= 1) return most;
  throw new RangeError(`choose(${most}): expected a whole number from 1 up`);
}
