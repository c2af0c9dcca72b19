// Options of node for a process that shares the cores with others that are as busy: compilers beside each other, processes that play tests.
//
// Node collects garbage in several threads, so that the program goes on sooner. Where no core is idle, they only cost: they wait for each other, and are
// a twelfth of the processor time of a compiler or of tests.

/** For `execArgv`: it cannot be set in a process that runs. */
export const sharedCores = ['--single-threaded-gc'];
