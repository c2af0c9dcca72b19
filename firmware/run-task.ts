// From a task's number in the manifest to its code.

import { runBudget } from './budget/budget';
import { runClock } from './clock/clock';
import { runFrontend } from './frontend/frontend';
import { runHealth } from './health/health';
import { runHeartbeat } from './heartbeat/heartbeat';
import { runHeaters } from './heaters/heaters';
import { runInterlock } from './interlock/interlock';
import { runRails } from './rails/rails';
import { runSmp } from './smp/task';
import {
  TASK_BUDGET,
  TASK_CLOCK,
  TASK_FRONTEND,
  TASK_HEALTH,
  TASK_HEARTBEAT,
  TASK_HEATERS,
  TASK_INTERLOCK,
  TASK_RAILS,
  TASK_SMP,
  TASK_THERMOMETRY,
  TASK_WATCHDOG,
} from './tasks';
import { runThermometry } from './thermometry/thermometry';
import { runWatchdog } from './watchdog/watchdog';

export function runTask(task: u32): void {
  if (task == TASK_WATCHDOG) runWatchdog();
  else if (task == TASK_RAILS) runRails();
  else if (task == TASK_CLOCK) runClock();
  else if (task == TASK_INTERLOCK) runInterlock();
  else if (task == TASK_THERMOMETRY) runThermometry();
  else if (task == TASK_HEATERS) runHeaters();
  else if (task == TASK_BUDGET) runBudget();
  else if (task == TASK_FRONTEND) runFrontend();
  else if (task == TASK_HEALTH) runHealth();
  else if (task == TASK_HEARTBEAT) runHeartbeat();
  else if (task == TASK_SMP) runSmp();
  else assert(false, 'every row of the manifest has code');
}
