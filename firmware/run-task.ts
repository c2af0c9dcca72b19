// From a task's number in the manifest to its code.

import { runHealth } from './health/health';
import { runHeartbeat } from './heartbeat/heartbeat';
import { runSmp } from './smp/task';
import { TASK_HEALTH, TASK_HEARTBEAT, TASK_SMP, TASK_WATCHDOG } from './tasks';
import { runWatchdog } from './watchdog/watchdog';

export function runTask(task: u32): void {
  if (task == TASK_WATCHDOG) runWatchdog();
  else if (task == TASK_HEALTH) runHealth();
  else if (task == TASK_HEARTBEAT) runHeartbeat();
  else if (task == TASK_SMP) runSmp();
  else assert(false, 'every row of the manifest has code');
}
