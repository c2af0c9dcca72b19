// Tasks that judge and then act: measure, judge, act.
//
// A task that judges is followed by `drive`, which brings what is in force to the actuators. What must stay true: whatever was judged in a
// run of a task is acted on before the next task runs. Which task calls which function: protocol/firmware/tasks.ts.

import { INTERLOCK_NUMBER_COUNT } from '../protocol/guest/generated/constants';
import { readOutputsState, readRailsEnable } from '../protocol/guest/generated/registers';
import { drive, runRails } from './drive/drive';
import { runFidelity } from './drive/fidelity';
import { runGain } from './drive/gain';
import { driveInputs } from './drive/inputs';
import { actionsInForce, actionsOf, mayBeOn } from './in-force/statement';
import { taskStartNs } from './kernel/scheduler';
import { runBudget } from './protect/budget';
import { runInterlock } from './protect/interlock';
import { followAttenuation, settleSequencers } from './pulse/attenuation';
import { correctPhases } from './pulse/clock-step';
import { converterWanted } from './pulse/corrections';
import { runSmp } from './report/task';
import { runClock } from './sense/clock';
import { noteRailTrips } from './sense/comparators';
import { runFrontend } from './sense/frontend';

/** A comparator has called, or a step of coming up is due. */
export function answerRails(): void {
  noteRailTrips();
  const tripped = runInterlock(taskStartNs());
  assert(<u64>tripped >> INTERLOCK_NUMBER_COUNT == 0, 'interlocks that there are');
  const isDone = runRails(actionsOf(tripped));
  assert(isDone, 'what was judged is done before the task ends');
}

export function protect(): void {
  const tripped = runInterlock(taskStartNs());
  assert(<u64>tripped >> INTERLOCK_NUMBER_COUNT == 0, 'interlocks that there are');
  const isDone = drive(actionsOf(tripped));
  assert(isDone, 'what was judged is done before the task ends');
}

export function balance(): void {
  runBudget(taskStartNs());
  const isDone = drive(actionsInForce());
  assert(isDone, 'what was judged is done before the task ends');
}

/** What plays while the clock changes keeps its phase. */
export function followClock(): void {
  const gates = readOutputsState();
  runClock();
  correctPhases();
  assert(readOutputsState() == gates, 'a change of the clock opens and closes no gate');
  assert(mayBeOn(actionsInForce(), readRailsEnable(), gates), 'no task leaves on what may not be on');
}

/** What the lines lose, and gain control; what is measured meanwhile keeps its level. */
export function tendLines(): void {
  const gates = readOutputsState();
  runFrontend();
  settleSequencers();
  runGain();
  followAttenuation();
  assert(readOutputsState() == gates, 'the inputs of the chip open and close no output');
  assert(mayBeOn(actionsInForce(), readRailsEnable(), gates), 'no task leaves on what may not be on');
}

/** The readout works as soon as a sequencer listens to it, with the corrections of the record in force. */
export function tendReadout(): void {
  driveInputs(converterWanted());
  runFidelity();
}

/** A request may have cleared an interlock, stored a calibration record, or told a sequencer to listen to a converter. */
export function serve(): void {
  runSmp();
  const isDone = drive(actionsInForce());
  driveInputs(converterWanted());
  assert(isDone, 'what was judged is done before the task ends');
}
