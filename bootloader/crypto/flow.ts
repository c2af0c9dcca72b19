// A sum that shows whether a verification was complete. Each step adds a number of its own where its work is done. When a call or a branch is
// skipped, its number is missing in the sum, and no other steps add up to the same sum.
// What must stay true: a step is added behind its work and in the function that does it, never by the caller.

export const FLOW_BEGUN: u32 = 0x3a6f91c5;
export const FLOW_DIGEST: u32 = 0x5d1be207;
export const FLOW_KEY: u32 = 0x71c84e39;
export const FLOW_POINT: u32 = 0x0e95b3ab;
export const FLOW_CHALLENGE: u32 = 0x2b7d0c6f;
export const FLOW_MULTIPLIED: u32 = 0x64a2f853;
export const FLOW_ENCODED: u32 = 0x19ce573d;
export const FLOW_POLICY: u32 = 0x4f38ad91;

/** The sum after a verification that left nothing out. */
export const FLOW_WHOLE: u32 =
  FLOW_BEGUN + FLOW_DIGEST + FLOW_KEY + FLOW_POINT + FLOW_CHALLENGE + FLOW_MULTIPLIED + FLOW_ENCODED + FLOW_POLICY;

let sum: u32 = 0;

export function beginFlow(): void {
  assert(FLOW_WHOLE != FLOW_BEGUN, 'a verification that did nothing does not add up');
  sum = FLOW_BEGUN;
}

export function addFlow(step: u32): void {
  assert(step != 0, 'a step adds something');
  sum += step;
}

export function flowSum(): u32 {
  return sum;
}
