// The power budget: estimates what the controller takes from what it did, compares that with what its plate can carry away, and sheds load
// before the plate is at its limit. The steps, the numbers and the picture are in protocol/plant/budget.ts.
//
// Here it is decided only: the step is stated (in-force/statement.ts), and drive/ does it in the same run of the core. What must stay true: the
// estimate counts everything that has an energy; a firmware on trial that shedding cannot keep within the budget ends its own trial
// (drive/trial.ts); a confirmed one is stopped by the interlock OVER_BUDGET.

import {
  BUDGET_CORE_MICROWATTS,
  BUDGET_PLATE_LIMIT_MICROKELVIN,
  BUDGET_PLATE_NANOKELVIN_PER_MICROWATT,
  BUDGET_RECOVER_PERCENT,
  BUDGET_RECOVER_SECONDS,
  BUDGET_REQUEST_MICROWATTS,
  BUDGET_STEP_SECONDS,
  BUDGET_TOTAL_MICROWATTS,
  EVENT_LOAD_SHED,
  SHED_MUTED,
  SHED_NOTHING,
  SHED_SAFE_STATE,
} from '../../protocol/guest/generated/constants';
import { IDLE_MICROWATTS } from '../../protocol/guest/generated/plant';
import { recordEvent } from '../../protocol/guest/record-event';
import { loadShed, stateShed, trippedInterlocks } from '../in-force/statement';
import { NO_TEMPERATURE } from '../sense/convert';
import { plateMicrokelvin } from '../sense/thermometry';
import { ACTIVITY_COUNTS_SIZE, microwattsOf, spentByCorePicojoules, spentPicojoules } from './activity';
import { takeSpentOnRequests } from './request-power';

const counts = memory.data(<i32>ACTIVITY_COUNTS_SIZE, 4);
let lastNs: u64 = 0;
let totalMicrowatts: u32 = 0;
let coreMicrowatts: u32 = 0;
/** The core's, without what requests took: that has a limit of its own (request-power.ts). */
let besidesRequestsMicrowatts: u32 = 0;
let budgetMicrowatts: u32 = 0;
let overSeconds: u32 = 0;
let belowSeconds: u32 = 0;

export function estimatedMicrowatts(): u32 {
  assert(totalMicrowatts == 0 || totalMicrowatts >= IDLE_MICROWATTS, 'a chip at rest takes its idle power');
  return totalMicrowatts;
}

export function coreEstimatedMicrowatts(): u32 {
  assert(coreMicrowatts <= totalMicrowatts, 'the core is a part of the whole');
  return coreMicrowatts;
}

export function allowedMicrowatts(): u32 {
  assert(budgetMicrowatts <= BUDGET_TOTAL_MICROWATTS, 'a cold plate allows no more than the whole budget');
  return budgetMicrowatts;
}

export function runBudget(now: u64): void {
  assert(overSeconds == 0 || belowSeconds == 0, 'the power is above its budget or below it, not both');
  estimate(now);
  budgetMicrowatts = allowance();
  assert(budgetMicrowatts <= BUDGET_TOTAL_MICROWATTS, 'a cold plate allows no more than the whole budget');
  const isCoreOver = besidesRequestsMicrowatts > BUDGET_CORE_MICROWATTS - BUDGET_REQUEST_MICROWATTS;
  if (isCoreOver || totalMicrowatts > budgetMicrowatts) {
    belowSeconds = 0;
    overSeconds++;
    if (overSeconds >= BUDGET_STEP_SECONDS) shedMore(isCoreOver);
    return;
  }
  overSeconds = 0;
  const isWellBelow = <u64>totalMicrowatts * 100 < <u64>budgetMicrowatts * BUDGET_RECOVER_PERCENT;
  belowSeconds = isWellBelow ? belowSeconds + 1 : 0;
  if (belowSeconds >= BUDGET_RECOVER_SECONDS && mayGiveBack()) giveBack();
}

/** Power since the last look, from what was done and what each of it costs. */
function estimate(now: u64): void {
  assert(now >= lastNs, 'time does not run backwards');
  const elapsed = now - lastNs;
  lastNs = now;
  const all = spentPicojoules(counts);
  const core = spentByCorePicojoules();
  const besidesRequests = core - min(core, takeSpentOnRequests());
  assert(besidesRequests <= core, 'the rest is a part of the whole');
  coreMicrowatts = <u32>min<u64>(microwattsOf(core, elapsed), u32.MAX_VALUE);
  besidesRequestsMicrowatts = <u32>min<u64>(microwattsOf(besidesRequests, elapsed), u32.MAX_VALUE);
  totalMicrowatts = <u32>min<u64>(<u64>IDLE_MICROWATTS + microwattsOf(all, elapsed), u32.MAX_VALUE);
  assert(totalMicrowatts >= coreMicrowatts, 'the core is a part of the whole');
}

/** What the plate's temperature still has room for, on top of what is taken now. */
function allowance(): u32 {
  const plate = plateMicrokelvin();
  if (plate == NO_TEMPERATURE) return BUDGET_TOTAL_MICROWATTS;
  const room = <i64>BUDGET_PLATE_LIMIT_MICROKELVIN - <i64>plate;
  assert(BUDGET_PLATE_NANOKELVIN_PER_MICROWATT != 0, 'power warms the plate');
  const more = (room * 1000) / <i64>BUDGET_PLATE_NANOKELVIN_PER_MICROWATT;
  return <u32>max<i64>(0, min<i64>(BUDGET_TOTAL_MICROWATTS, <i64>totalMicrowatts + more));
}

/** One step; where the core is what takes too much, playing less does not help. */
function shedMore(isCoreOver: bool): void {
  assert(overSeconds >= BUDGET_STEP_SECONDS, 'a step lasts its time before the next');
  assert(belowSeconds == 0, 'nothing is shed while the power is below its budget');
  const shed = loadShed();
  if (shed == SHED_SAFE_STATE) return;
  overSeconds = 0;
  state(isCoreOver ? max(shed + 1, SHED_MUTED) : shed + 1);
}

/** While an interlock is tripped only the verdict that shedding was not enough is taken back, so that its trip can be cleared. */
function mayGiveBack(): bool {
  const shed = loadShed();
  assert(shed <= SHED_SAFE_STATE, 'a step of shedding');
  if (shed == SHED_NOTHING) return false;
  assert(belowSeconds >= BUDGET_RECOVER_SECONDS, 'the power has been well below for long enough');
  return shed == SHED_SAFE_STATE || trippedInterlocks() == 0;
}

function giveBack(): void {
  assert(loadShed() != SHED_NOTHING, 'something is shed');
  assert(overSeconds == 0, 'nothing is given back while too much is taken');
  belowSeconds = 0;
  state(loadShed() - 1);
}

function state(step: u32): void {
  stateShed(step, totalMicrowatts);
  assert(loadShed() == step, 'what was decided is in force');
  recordEvent(EVENT_LOAD_SHED, step, totalMicrowatts);
}
