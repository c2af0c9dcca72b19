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

const endings = new WeakMap<AbortSignal, Set<() => void>>();

/** Rests; an aborted signal ends it early, without an error. */
export function rest(time: Time, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const calls = endingsOf(signal);
    const end = () => {
      cancel();
      calls.delete(end);
      resolve();
    };
    const cancel = time.after(milliseconds, end);
    calls.add(end);
  });
}

/** What comes within a time; undefined: nothing has. Rejects as `coming` does. */
export async function within<Answer>(
  time: Time,
  milliseconds: number,
  coming: Promise<Answer>,
): Promise<Answer | undefined> {
  let cancel = () => {};
  const late = new Promise<undefined>((resolve) => {
    cancel = time.after(milliseconds, () => resolve(undefined));
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    cancel();
  }
}

/** One listener a signal: ten thousand of them, added and removed once a second each, take all of a core. */
function endingsOf(signal: AbortSignal): Set<() => void> {
  let calls = endings.get(signal);
  if (calls === undefined) {
    const made = new Set<() => void>();
    endings.set(signal, made);
    signal.addEventListener(
      'abort',
      () => {
        for (const end of [...made]) end();
      },
      { once: true },
    );
    calls = made;
  }
  return calls;
}
