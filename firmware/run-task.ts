// From a task's number in the manifest to its code.

import { runHeaters } from './drive/heaters';
import { runRails } from './drive/rails';
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
} from './kernel/tasks';
import { runWatchdog } from './kernel/watchdog';
import { runBudget } from './protect/budget';
import { runHealth } from './protect/health';
import { runInterlock } from './protect/interlock';
import { runHeartbeat } from './report/heartbeat';
import { runSmp } from './report/task';
import { runClock } from './sense/clock';
import { runFrontend } from './sense/frontend';
import { runThermometry } from './sense/thermometry';

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
