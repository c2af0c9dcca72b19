// How many of the points the sweep tries: all of them, a sample for every test run, or one point.

/** The part of all points that is tried, each as "one in so many" (1: all). */
export interface Sampling {
  /** Operations in the middle of an upload; its first four and last four are always tried. */
  uploadOperations: number;
  /** Units of a program operation that are cut inside; the first and the last are always tried. */
  units: number;
  /** Bus accesses of a boot, and cycles behind one. */
  accesses: number;
  /** Windows whose boot is cut again, and cuts of each. */
  windowsAgain: number;
  cutsAgain: number;
  /** Windows from which the story is begun again. */
  repeats: number;
  /** Shared boots, and cuts in shared boots, that are run as a check. */
  sharedChecked: number;
  /** Random chains of cuts for each part. */
  chains: number;
}

export const exhaustive: Sampling = {
  ...{ uploadOperations: 1, units: 1, accesses: 1 },
  ...{ windowsAgain: 1, cutsAgain: 1, repeats: 32, chains: 200, sharedChecked: 100 },
};

/** The sample for every test run. */
export const slice: Sampling = {
  ...{ uploadOperations: 8, units: 16, accesses: 29 },
  ...{ windowsAgain: 4, cutsAgain: 4, repeats: 4, chains: 5, sharedChecked: 16 },
};

/** For one requested point. */
export const alone: Sampling = { ...exhaustive, repeats: 1, sharedChecked: 1 };
