// Power sequencing: rails come up one by one in the order of their numbers, each only when all before it are good, and go down at once.
//
//   CORE -> SENSE -> RF -> DAC -> MULTIPLEXER -> HEATER -> all up: outputs open
//             |  each: on, 3 ms, good?    not good after 10 ms: off again, once more in a second
//
// What must stay true: a rail that an interlock keeps off is not switched on; outputs open only when every rail they need is good.

import { NS_PER_MS, NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import {
  ACTION_HEATERS_OFF,
  ACTION_SAFE_STATE,
  EVENT_RAIL_FAILED,
  EVENT_RAILS_UP,
  RAIL_CORE,
  RAIL_COUNT,
  RAIL_HEATER,
  RAIL_SENSE,
} from '../../protocol/guest/generated/constants';
import {
  readRailsEnable,
  readRailsGood,
  readRailsMillivolts,
  writeRailsEnable,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { wakeTask } from '../kernel/releases';
import { TASK_RAILS } from '../kernel/tasks';
import { actionsInForce, runInterlock } from '../protect/interlock';
import { noteRailTrips } from '../sense/comparators';
import { openOutputs } from './outputs';

const ALL: u32 = (1 << RAIL_COUNT) - 1;
const ALWAYS: u32 = (1 << RAIL_CORE) | (1 << RAIL_SENSE);
const STEP_NS: u64 = 3 * NS_PER_MS;
const PATIENCE_NS: u64 = 10 * NS_PER_MS;
const RETRY_NS: u64 = NS_PER_SECOND;

let up: bool = false;
let startedNs: u64 = 0;
let switchedNs: u64 = 0;

/** Whether every rail that may be on is on and good. */
export function railsUp(): bool {
  return up;
}

/** Rails that no interlock keeps off. */
function wanted(): u32 {
  const actions = actionsInForce();
  if ((actions & ACTION_SAFE_STATE) == ACTION_SAFE_STATE) return ALWAYS;
  return (actions & ACTION_HEATERS_OFF) != 0 ? ALL & ~(1 << RAIL_HEATER) : ALL;
}

/** Begins to bring up whatever may be on. */
export function raiseRails(): void {
  up = false;
  startedNs = uptimeNs();
  switchedNs = startedNs;
  wakeTask(TASK_RAILS, startedNs);
}

/** Switches off what an interlock keeps off: the last to come up first. */
export function dropRails(): void {
  const keep = wanted();
  for (let rail: u32 = RAIL_COUNT; rail > 0; rail--) {
    const bit: u32 = 1 << (rail - 1);
    if ((keep & bit) == 0 && (readRailsEnable() & bit) != 0) writeRailsEnable(readRailsEnable() & ~bit);
  }
}

/** A comparator has called, or a step of coming up is due. */
export function runRails(): void {
  noteRailTrips();
  runInterlock();
  const on = readRailsEnable();
  const next = wanted() & ~on;
  if (up && next != 0) {
    up = false;
    startedNs = uptimeNs();
    switchedNs = startedNs;
  }
  if (up) return;
  const good = readRailsGood();
  if ((good & on) != on) waitForGood(on & ~good);
  else if (next != 0) switchOn(on, next);
  else allUp(good);
}

function switchOn(on: u32, next: u32): void {
  switchedNs = uptimeNs();
  writeRailsEnable(on | (1 << ctz(next)));
  wakeTask(TASK_RAILS, switchedNs + STEP_NS);
}

function waitForGood(missing: u32): void {
  const now = uptimeNs();
  if (now - switchedNs < PATIENCE_NS) {
    wakeTask(TASK_RAILS, now + STEP_NS);
    return;
  }
  const rail = ctz(missing);
  recordEvent(EVENT_RAIL_FAILED, rail, readRailsMillivolts(rail));
  if (rail != RAIL_CORE) writeRailsEnable(readRailsEnable() & ~(1 << rail));
  switchedNs = now + RETRY_NS;
  wakeTask(TASK_RAILS, switchedNs);
}

function allUp(good: u32): void {
  up = true;
  recordEvent(EVENT_RAILS_UP, good, <u32>((uptimeNs() - startedNs) / NS_PER_MS));
  openOutputs();
}
