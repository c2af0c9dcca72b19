// From a task's number in the manifest to its code: measure, judge, act.
//
// A task that judges is followed by `drive`, which brings what is in force to the actuators. What must stay true: whatever was judged in a
// run of a task is acted on before the next task runs.

import { drive, runRails } from './drive/drive';
import { runHeaters } from './drive/heaters';
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
import { noteRailTrips } from './sense/comparators';
import { runFrontend } from './sense/frontend';
import { runThermometry } from './sense/thermometry';

export function runTask(task: u32): void {
  if (task == TASK_WATCHDOG) runWatchdog();
  else if (task == TASK_RAILS) protectAndRaise();
  else if (task == TASK_CLOCK) runClock();
  else if (task == TASK_INTERLOCK) protect();
  else if (task == TASK_THERMOMETRY) runThermometry();
  else if (task == TASK_HEATERS) runHeaters();
  else if (task == TASK_BUDGET) balance();
  else if (task == TASK_FRONTEND) runFrontend();
  else if (task == TASK_HEALTH) runHealth();
  else if (task == TASK_HEARTBEAT) runHeartbeat();
  else if (task == TASK_SMP) serve();
  else assert(false, 'every row of the manifest has code');
}

/** A comparator has called, or a step of coming up is due. */
function protectAndRaise(): void {
  noteRailTrips();
  runInterlock();
  runRails();
}

function protect(): void {
  runInterlock();
  drive();
}

function balance(): void {
  runBudget();
  drive();
}

/** A request may have cleared an interlock. */
function serve(): void {
  runSmp();
  drive();
}
