// The server's own counters, as STAT reports them.

import { addCounter, addStatistics } from './stat';

export const COUNT_REQUESTS: u32 = 0;
export const COUNT_REFUSED: u32 = 1;
export const COUNT_FRAMES_LOST: u32 = 2;
export const COUNT_GATEWAY_OVERRUNS: u32 = 3;
export const COUNT_CONSOLE_OVERRUNS: u32 = 4;
const COUNTERS: u32 = 5;

const counters: usize = memory.data(<i32>(COUNTERS * 4), 4);

export function count(counter: u32): void {
  assert(counter < COUNTERS, 'a counter of this server');
  store<u32>(counters + (counter << 2), load<u32>(counters + (counter << 2)) + 1);
}

export function counted(counter: u32): u32 {
  assert(counter < COUNTERS, 'a counter of this server');
  return load<u32>(counters + (counter << 2));
}

export function reportServer(): void {
  assert(COUNT_CONSOLE_OVERRUNS == COUNTERS - 1, 'every counter is reported');
  // The name Zephyr's sample server has made known.
  addStatistics('smp_svr_stats');
  addCounter('requests', counters + (COUNT_REQUESTS << 2));
  addCounter('refused', counters + (COUNT_REFUSED << 2));
  addCounter('frames_lost', counters + (COUNT_FRAMES_LOST << 2));
  addCounter('gateway_overruns', counters + (COUNT_GATEWAY_OVERRUNS << 2));
  addCounter('console_overruns', counters + (COUNT_CONSOLE_OVERRUNS << 2));
}
