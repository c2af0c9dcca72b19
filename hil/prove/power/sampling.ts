// How much of all there is the sweep tries: all of it, what a test run can afford, or one point.

/** How much of all there is, each as "one in so many" (1: all). */
export interface Sampling {
  /** Operations in the middle of an upload; its first four and last four are always in. */
  uploadOperations: number;
  /** Units of a program operation that are cut inside; first and last are always in. */
  units: number;
  /** Bus accesses of a boot, and cycles behind one. */
  accesses: number;
  /** Windows whose boot is cut again, and cuts of each. */
  windowsAgain: number;
  cutsAgain: number;
  /** Windows from which the story is begun again. */
  repeats: number;
  /** Boots, and cuts in boots, that were shared and are run all the same. */
  sharedChecked: number;
  /** Random chains of cuts for each part. */
  chains: number;
}

export const exhaustive: Sampling = {
  ...{ uploadOperations: 1, units: 1, accesses: 1 },
  ...{ windowsAgain: 1, cutsAgain: 1, repeats: 32, chains: 200, sharedChecked: 100 },
};

/** What a test run can afford. */
export const slice: Sampling = {
  ...{ uploadOperations: 8, units: 16, accesses: 29 },
  ...{ windowsAgain: 4, cutsAgain: 4, repeats: 4, chains: 5, sharedChecked: 16 },
};

/** For the one point that is asked for. */
export const alone: Sampling = { ...exhaustive, repeats: 1, sharedChecked: 1 };
