// Uptime: nanoseconds since reset.

import { readTimerNowHigh, readTimerNowLow } from '../protocol/guest/generated/registers';

export const NS_PER_US: u64 = 1_000;
export const NS_PER_MS: u64 = 1_000_000;
export const NS_PER_SECOND: u64 = 1_000_000_000;
/** The core runs at 250 MHz. */
export const NS_PER_CYCLE: u64 = 4;

/** Reading the low word latches the high one, so the pair is one moment. */
export function uptimeNs(): u64 {
  const low = <u64>readTimerNowLow();
  return ((<u64>readTimerNowHigh()) << 32) | low;
}
