// Wall time and the event loop, as the pacer uses them. Its tests replace them by a clock of their own, so that they count turns and not
// milliseconds.

export interface PacerClock {
  nowMs(): number;
  /** Calls back once, after the sockets had their turn and not before `delayMs` has passed. Returns a function that cancels it. */
  wake(delayMs: number, call: () => void): () => void;
}

export const wallClock: PacerClock = {
  nowMs: () => performance.now(),
  wake(delayMs, call) {
    if (delayMs <= 0) {
      const handle = setImmediate(call);
      return () => clearImmediate(handle);
    }
    // Node leaves out a part of a millisecond and would call before it has passed: whoever waits for an event would have to wait once more.
    const handle = setTimeout(call, Math.ceil(delayMs));
    return () => clearTimeout(handle);
  },
};
