// Wall time and the event loop, as the pacer uses them; its tests put a clock of their own in their place, so that they count turns
// instead of milliseconds.

export interface PacerClock {
  nowMs(): number;
  /** Calls back once, after sockets had their turn and not before `delayMs` has passed; returns what cancels it. */
  wake(delayMs: number, call: () => void): () => void;
}

export const wallClock: PacerClock = {
  nowMs: () => performance.now(),
  wake(delayMs, call) {
    if (delayMs <= 0) {
      const handle = setImmediate(call);
      return () => clearImmediate(handle);
    }
    const handle = setTimeout(call, delayMs);
    return () => clearTimeout(handle);
  },
};
