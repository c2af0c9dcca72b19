// The statistics that `coldrig status` and `coldrig stat` show, under the names that our firmware has for them: heartbeat, boot, faults, tasks.
// They are gathered when a request is served, because the server reads each as a u32 where it stands.

import { refreshSlots, reportSlots } from '../../bootloader/image/smp/slot-figures';
import { NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import {
  HANDOVER_DECISION,
  HANDOVER_RESET_CAUSE,
  HANDOVER_SECURITY_COUNTER,
} from '../../protocol/guest/generated/constants';
import {
  readResetFaultAddress,
  readResetFaultCause,
  readResetFaultCount,
  readResetFaultCycleHigh,
  readResetFaultCycleLow,
  readResetMailbox,
  readResetResetCount,
} from '../../protocol/guest/generated/registers';
import { reportServer } from '../../protocol/guest/smp/counters';
import { REPORTED_TASK_SIZE, reportTask, reportTaskUse, startTaskReport } from '../../protocol/guest/smp/os-statistics';
import { addCounter, addStatistics } from '../../protocol/guest/smp/stat';
import { runningSlot, runningVersion, stateAtHandover } from '../kernel/handover';
import { recordOf } from '../kernel/statistics';
import { watchdogFeedsWithheld } from '../kernel/watchdog';
import { heartbeatSequence } from './heartbeat';
import { TASK_COUNT, TASK_NUMBERS, taskAt, taskName } from './tasks';

const FIGURES_MAX: u32 = 24;
const figures = memory.data(<i32>(FIGURES_MAX * 4), 4);
const taskReport = memory.data(<i32>(TASK_NUMBERS * REPORTED_TASK_SIZE), 8);
let count: u32 = 0;
/** Tasks that are in the report; others may be added after the server has started. */
let reported: u32 = 0;

export function listStatistics(): void {
  assert(count == 0, 'figures are listed once');
  addStatistics('heartbeat');
  list('sequence');
  list('health');
  list('uptime_s');
  addStatistics('boot');
  list('slot');
  list('state');
  list('decision');
  list('reset_cause');
  list('version');
  list('security_counter');
  list('resets');
  addStatistics('faults');
  list('count');
  list('cause');
  list('address');
  list('cycle_low');
  list('cycle_high');
  addStatistics('tasks');
  list('deadlines_missed');
  list('over_budget');
  list('feeds_withheld');
  reportServer();
  reportSlots();
  startTaskReport(taskReport, TASK_NUMBERS);
}

function list(name: string): void {
  assert(count < FIGURES_MAX, 'room for every figure');
  assert(name.length != 0, 'a figure has a name');
  addCounter(name, figures + ((<usize>count) << 2));
  count++;
}

/** Writes all figures in the order they were listed in. `health`: the health word as of now. */
export function refreshStatistics(health: u32): void {
  let at: u32 = 0;
  at = put(at, heartbeatSequence());
  at = put(at, health);
  at = put(at, <u32>(uptimeNs() / NS_PER_SECOND));
  at = put(at, runningSlot());
  at = put(at, stateAtHandover());
  at = put(at, readResetMailbox(HANDOVER_DECISION));
  at = put(at, readResetMailbox(HANDOVER_RESET_CAUSE));
  at = put(at, runningVersion());
  at = put(at, readResetMailbox(HANDOVER_SECURITY_COUNTER));
  at = put(at, readResetResetCount());
  at = put(at, readResetFaultCount());
  at = put(at, readResetFaultCause());
  at = put(at, readResetFaultAddress());
  at = put(at, readResetFaultCycleLow());
  at = put(at, readResetFaultCycleHigh());
  at = putTasks(at);
  refreshSlots();
  assert(at == count, 'as many figures as names');
}

function putTasks(start: u32): u32 {
  assert(start < count, 'the tasks have figures of their own');
  let misses: u32 = 0;
  let overruns: u32 = 0;
  for (; reported < TASK_COUNT; reported++) reportTask(taskName(taskAt(reported)), taskAt(reported), <i32>reported);
  for (let position: u32 = 0; position < TASK_COUNT; position++) {
    const record = recordOf(taskAt(position));
    misses += record.misses;
    overruns += record.overruns;
    reportTaskUse(position, record.cycles, record.runs);
  }
  assert(reported == TASK_COUNT, 'every task is in the report');
  return put(put(put(start, misses), overruns), watchdogFeedsWithheld());
}

function put(at: u32, value: u32): u32 {
  assert(at < count, 'a figure that was listed');
  assert(count <= FIGURES_MAX, 'room for every figure');
  store<u32>(figures + ((<usize>at) << 2), value);
  return at + 1;
}
