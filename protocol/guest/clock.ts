// Time as the guests know it: nanoseconds since reset. The core runs at 250 MHz, 4 ns a cycle.

import { readTimerNowHigh, readTimerNowLow } from './generated/registers';

export const NS_PER_CYCLE: u64 = 4;
export const NS_PER_US: u64 = 1_000;
export const NS_PER_MS: u64 = 1_000_000;
export const NS_PER_SECOND: u64 = 1_000_000_000;

/** Reading the low word latches the high one, so the pair is one moment. */
export function uptimeNs(): u64 {
  const low = <u64>readTimerNowLow();
  return ((<u64>readTimerNowHigh()) << 32) | low;
}
