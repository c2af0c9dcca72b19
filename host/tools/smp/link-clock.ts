// The one place of the SMP library that reads a clock: sockets and serial lines wait in real time.

/** Milliseconds that only ever grow. */
export const realNowMs = (): number => performance.now();
