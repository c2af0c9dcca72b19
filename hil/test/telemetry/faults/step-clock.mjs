// Loaded into a process before everything else: SIGUSR2 steps its clock, as the clock of a host is stepped. The file that COLDRIG_STEPPED_CLOCK names has
// the milliseconds that it is ahead by. Only the time of day changes; the monotonic clock goes on.

import { existsSync, readFileSync } from 'node:fs';

const path = process.env.COLDRIG_STEPPED_CLOCK;
const now = Date.now;
let aheadMs = 0;
function step() {
  if (existsSync(path)) aheadMs = Number(readFileSync(path, 'utf8'));
}
step();
process.on('SIGUSR2', step);
Date.now = () => now() + aheadMs;
