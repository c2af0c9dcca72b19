// Options of node for a process that shares the cores with others that are as busy: compilers beside each other, processes that play tests.
//
// Node collects garbage in several threads, so that the program goes on sooner. Where no core is idle, they only cost: they wait for each other, and are
// a twelfth of the processor time of a compiler or of tests. Most of what they make is garbage soon. With more room than the usual 16 MB, less of it is
// copied: another thirtieth.

const youngMegabytes = 64;

/** For `execArgv`: it cannot be set in a process that runs. */
export const sharedCores = [
  '--single-threaded-gc',
  `--min-semi-space-size=${youngMegabytes}`,
  `--max-semi-space-size=${youngMegabytes}`,
];
