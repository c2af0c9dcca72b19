// One source of choices drives a test's random shapes; the same seed gives the same shapes.

/** A number from 0 to n - 1. */
export type Choose = (n: number) => number;

/** Mulberry32: small, and good enough to pick shapes. */
export function chooser(seed: number): Choose {
  let state = seed | 0;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}
