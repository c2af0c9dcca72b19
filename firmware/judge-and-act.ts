// Tasks that judge and then act: measure, judge, act.
//
// A task that judges is followed by `drive`, which brings what is in force to the actuators. What must stay true: whatever was judged in a
// run of a task is acted on before the next task runs. Which task calls which function: protocol/firmware/tasks.ts.

import { drive, runRails } from './drive/drive';
import { runBudget } from './protect/budget';
import { runInterlock } from './protect/interlock';
import { runSmp } from './report/task';
import { noteRailTrips } from './sense/comparators';

/** A comparator has called, or a step of coming up is due. */
export function answerRails(): void {
  noteRailTrips();
  runInterlock();
  runRails();
}

export function protect(): void {
  runInterlock();
  drive();
}

export function balance(): void {
  runBudget();
  drive();
}

/** A request may have cleared an interlock. */
export function serve(): void {
  runSmp();
  drive();
}
