// The firmware of a controller: it beats once a second, is managed over SMP, and feeds the watchdog while every task is in time.

import { HEALTH_SELF_TEST } from 'coldrig/guest/constants';
import { runHealth, setHealth } from 'coldrig/guest/health';
import { runHeartbeat, startHeartbeat } from 'coldrig/guest/heartbeat';
import { addTask, runTasks, startTasks } from 'coldrig/guest/scheduler';
import { SMP_LINES, startSmp, takeSmpLines } from 'coldrig/guest/smp';
import { runWatchdog } from 'coldrig/guest/watchdog';

/**
 * Called once, by the bootloader. A task: name, code, period and deadline in ms, budget in cycles of 4 ns. A request over SMP may keep the core for
 * 160 ms, so a shorter deadline is missed now and then.
 */
export function reset(): void {
  startHeartbeat();
  addTask('watchdog', runWatchdog, 100, 100, 4_000);
  addTask('health', runHealth, 100, 200, 4_000);
  addTask('heartbeat', runHeartbeat, 1000, 200, 8_000);
  addTask('count', runCount, 10, 250, 1_000);
  startSmp('demo');
  startTasks(SMP_LINES);
}

/** Called whenever a line wakes the core up. It must return; nothing in firmware waits. */
export function interrupt(lines: u32): void {
  takeSmpLines(lines);
  runTasks(lines);
}

let turns: u32 = 0;

/** A task of your own. */
function runCount(): void {
  turns++;
  assert(turns != 0, 'ten milliseconds a turn: it lasts 497 days');
  setHealth(HEALTH_SELF_TEST, !isWired());
}

/** The place for a self-test: while it fails, no client can confirm this image. */
function isWired(): bool {
  return turns > 2;
}
