// The owner of the rails (RAILS.ENABLE): up one by one in the order of their numbers, each only when all before it are good; down at once.
//
//   CORE -> SENSE -> RF -> DAC -> MULTIPLEXER -> HEATER -> all up: outputs open
//             |  each: on, 3 ms, good?    not good after 10 ms: off again, once more in a second
//
// What must stay true: no other file writes the register; a rail that an interlock keeps off is not switched on; rails go down last first.

import { NS_PER_MS, NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import { EVENT_RAIL_FAILED, EVENT_RAILS_UP, RAIL_CORE, RAIL_COUNT } from '../../protocol/guest/generated/constants';
import {
  readRailsEnable,
  readRailsGood,
  readRailsMillivolts,
  readRailsTripped,
  writeRailsEnable,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { ALL_RAILS, railsAllowed } from '../in-force/statement';
import { wakeTask } from '../kernel/releases';
import { TASK_RAILS } from '../kernel/tasks';
import { railTrips } from '../sense/comparators';

const STEP_NS: u64 = 3 * NS_PER_MS;
const PATIENCE_NS: u64 = 10 * NS_PER_MS;
const RETRY_NS: u64 = NS_PER_SECOND;

/** Whether the last raising has come to its end. */
let up: bool = false;
let startedNs: u64 = 0;
let switchedNs: u64 = 0;
/** Nothing is switched on before this. */
let notBeforeNs: u64 = 0;

/** Whether every rail that may be on is among `on`, and has come up in its turn. */
export function railsUp(actions: u32, on: u32): bool {
  const allowed = railsAllowed(actions);
  assert((allowed & (1 << RAIL_CORE)) != 0, 'the core keeps its power');
  return up && (allowed & ~on) == 0;
}

export function startRails(): void {
  assert(!up, 'rails are started once');
  assert((readRailsEnable() & (1 << RAIL_CORE)) != 0, 'the core, which runs this, has power');
  raise();
}

/** Switches off at once what may not be on, and begins to raise what may be on again. `on`: the rails that are on; the answer is what is left of them. */
export function driveRails(actions: u32, on: u32): u32 {
  const allowed = railsAllowed(actions);
  assert((allowed & (1 << RAIL_CORE)) != 0, 'the core keeps its power');
  if ((on & ~allowed) != 0) drop(on & ~allowed);
  if (up && (allowed & ~on) != 0) raise();
  return on & allowed;
}

/** The next step of raising, when it is due; nothing when everything is up. */
export function stepRails(actions: u32): void {
  if (up) return;
  if (uptimeNs() < notBeforeNs) {
    wakeTask(TASK_RAILS, notBeforeNs);
    return;
  }
  // In this order, because a comparator that trips meanwhile switches its rail off.
  const good = readRailsGood();
  const on = readRailsEnable();
  const next = railsAllowed(actions) & ~on;
  assert((on & (1 << RAIL_CORE)) != 0, 'the core, which runs this, has power');
  if ((good & on) != on) waitForGood(on & ~good);
  else if (next == 0) finish(actions, good & on);
  else if (isTooHigh(ctz(next))) holdUntil(switchedNs + RETRY_NS, ctz(next));
  else switchOn(ctz(next));
}

/** Whether the comparator has switched a rail off, and that was not acknowledged yet. */
function isTooHigh(rail: u32): bool {
  assert(rail < RAIL_COUNT, 'a rail that there is');
  return (((railTrips() | readRailsTripped()) >> rail) & 1) != 0;
}

/** A rail that was too high is tried again once in a while: the chip refuses it while the comparator still shows the trip. */
function holdUntil(timeNs: u64, rail: u32): void {
  assert(rail != RAIL_CORE && rail < RAIL_COUNT, 'a rail that can be switched off');
  const now = uptimeNs();
  if (now < timeNs) wakeTask(TASK_RAILS, timeNs);
  else if (((readRailsTripped() >> rail) & 1) != 0) wakeTask(TASK_RAILS, now + STEP_NS);
  else switchOn(rail);
}

/** Begins to raise what is not on. */
function raise(): void {
  assert(notBeforeNs <= uptimeNs() + RETRY_NS, 'nobody waits longer than for a second try');
  up = false;
  startedNs = uptimeNs();
  switchedNs = startedNs;
  wakeTask(TASK_RAILS, startedNs);
}

/** The last to come up goes first. */
function drop(rails: u32): void {
  assert((rails & ~ALL_RAILS) == 0, 'rails that there are');
  assert((rails & (1 << RAIL_CORE)) == 0, 'the core keeps its power');
  for (let rail: u32 = RAIL_COUNT; rail > 0; rail--) {
    const bit: u32 = 1 << (rail - 1);
    if ((rails & bit) != 0) writeRailsEnable(readRailsEnable() & ~bit);
  }
  assert((readRailsEnable() & rails) == 0, 'what may not be on is off');
}

function switchOn(rail: u32): void {
  assert(rail < RAIL_COUNT, 'a rail that there is');
  const on = readRailsEnable();
  assert(((on >> rail) & 1) == 0, 'a rail that is off');
  switchedNs = uptimeNs();
  writeRailsEnable(on | (1 << rail));
  wakeTask(TASK_RAILS, switchedNs + STEP_NS);
}

function waitForGood(missing: u32): void {
  assert(missing != 0, 'a rail is not good yet');
  const now = uptimeNs();
  if (now - switchedNs < PATIENCE_NS) {
    wakeTask(TASK_RAILS, now + STEP_NS);
    return;
  }
  const rail = ctz(missing);
  assert(rail < RAIL_COUNT, 'a rail that there is');
  recordEvent(EVENT_RAIL_FAILED, rail, readRailsMillivolts(rail));
  if (rail != RAIL_CORE) writeRailsEnable(readRailsEnable() & ~(1 << rail));
  switchedNs = now + RETRY_NS;
  notBeforeNs = now + RETRY_NS;
  wakeTask(TASK_RAILS, notBeforeNs);
}

function finish(actions: u32, good: u32): void {
  assert(!up, 'rails come up once');
  assert((railsAllowed(actions) & ~good) == 0, 'every rail that may be on is good');
  up = true;
  recordEvent(EVENT_RAILS_UP, good, <u32>((uptimeNs() - startedNs) / NS_PER_MS));
}
