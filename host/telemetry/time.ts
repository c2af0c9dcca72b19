// The clocks and timers of everything in this folder, so that tests can run an hour in a moment and step a clock.

/** Monotonic time orders, wall time is only told. */
export interface Time {
  /** Never goes back, knows nothing of the date. */
  monotonicMs(): number;
  /** Since 1970-01-01 UTC, as the host believes: it may be stepped. */
  wallNs(): bigint;
  /** Calls once; the answer cancels it. */
  after(milliseconds: number, call: () => void): () => void;
}

export const hostTime: Time = {
  monotonicMs: () => performance.now(),
  wallNs: () => BigInt(Date.now()) * 1_000_000n,
  after(milliseconds, call) {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** Rests; an aborted signal ends it early, without an error. */
export function rest(time: Time, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = time.after(milliseconds, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
