// The power budget: estimates what the controller takes from what it did, compares that with what its plate can carry away, and sheds load
// before the plate is at its limit. The steps, the numbers and the picture are in protocol/plant/budget.ts.
//
// What must stay true: the estimate counts everything that has an energy; a firmware on trial that shedding cannot keep within the
// budget ends its own trial and says why; of a confirmed one the interlock takes care.

import { uptimeNs } from '../../protocol/guest/clock';
import {
  BUDGET_CORE_MICROWATTS,
  BUDGET_PLATE_LIMIT_MICROKELVIN,
  BUDGET_PLATE_NANOKELVIN_PER_MICROWATT,
  BUDGET_RECOVER_PERCENT,
  BUDGET_RECOVER_SECONDS,
  BUDGET_STEP_SECONDS,
  BUDGET_TOTAL_MICROWATTS,
  COUNTED_CYCLES,
  COUNTED_KINDS,
  EVENT_LOAD_SHED,
  SHED_HALF_DUTY,
  SHED_MUTED,
  SHED_NOTHING,
  SHED_QUARTER_DUTY,
  SHED_SAFE_STATE,
} from '../../protocol/guest/generated/constants';
import { ENERGIES, IDLE_MICROWATTS } from '../../protocol/guest/generated/plant';
import {
  ACTIVITY_DUTY_PERCENT_FULL,
  ACTIVITY_DUTY_PERCENT_HALF,
  ACTIVITY_DUTY_PERCENT_MUTED,
  ACTIVITY_DUTY_PERCENT_QUARTER,
  OUTPUTS_DISABLE_DAC,
  readActivityCount,
  writeActivityDuty,
  writeOutputsDisable,
} from '../../protocol/guest/generated/registers';
import { recordEvent } from '../../protocol/guest/record-event';
import { openOutputs } from '../drive/outputs';
import { NO_TEMPERATURE } from '../sense/convert';
import { plateMicrokelvin } from '../sense/thermometry';
import { trippedInterlocks } from './interlock';
import { giveUpTrial } from './trial';

/** Picojoules a nanosecond are milliwatts; a thousand times that, microwatts. */
const MICROWATTS_PER_PJ_PER_NS: u64 = 1000;

const counts = memory.data(24, 4);
let lastNs: u64 = 0;
let totalMicrowatts: u32 = 0;
let coreMicrowatts: u32 = 0;
let budgetMicrowatts: u32 = 0;
let shed: u32 = 0;
let overSeconds: u32 = 0;
let belowSeconds: u32 = 0;

export function estimatedMicrowatts(): u32 {
  return totalMicrowatts;
}

export function coreEstimatedMicrowatts(): u32 {
  return coreMicrowatts;
}

export function allowedMicrowatts(): u32 {
  return budgetMicrowatts;
}

/** SHED_* */
export function loadShed(): u32 {
  return shed;
}

/** Everything that could be shed is, and it was not enough: the interlock's condition. */
export function overBudget(): bool {
  return shed == SHED_SAFE_STATE;
}

export function runBudget(): void {
  estimate();
  budgetMicrowatts = allowance();
  const isCoreOver = coreMicrowatts > BUDGET_CORE_MICROWATTS;
  if (isCoreOver || totalMicrowatts > budgetMicrowatts) {
    belowSeconds = 0;
    overSeconds++;
    if (overSeconds >= BUDGET_STEP_SECONDS) shedMore(isCoreOver);
    return;
  }
  overSeconds = 0;
  const isWellBelow = <u64>totalMicrowatts * 100 < <u64>budgetMicrowatts * BUDGET_RECOVER_PERCENT;
  belowSeconds = isWellBelow ? belowSeconds + 1 : 0;
  if (shed != SHED_NOTHING && belowSeconds >= BUDGET_RECOVER_SECONDS && trippedInterlocks() == 0) giveBack();
}

/** Power since the last look, from what was done and what each of it costs. */
function estimate(): void {
  const now = uptimeNs();
  const elapsed = max<u64>(now - lastNs, 1);
  lastNs = now;
  let all: u64 = 0;
  for (let kind: u32 = 0; kind < COUNTED_KINDS; kind++) {
    const count = readActivityCount(kind);
    const place = counts + ((<usize>kind) << 2);
    const picojoules = <u64>(count - load<u32>(place)) * <u64>load<u32>(ENERGIES + ((<usize>kind) << 2));
    store<u32>(place, count);
    all += picojoules;
    if (kind == COUNTED_CYCLES) coreMicrowatts = microwatts(picojoules, elapsed);
  }
  totalMicrowatts = IDLE_MICROWATTS + microwatts(all, elapsed);
}

function microwatts(picojoules: u64, nanoseconds: u64): u32 {
  return <u32>min<u64>((picojoules * MICROWATTS_PER_PJ_PER_NS) / nanoseconds, u32.MAX_VALUE);
}

/** What the plate's temperature still has room for, on top of what is taken now. */
function allowance(): u32 {
  const plate = plateMicrokelvin();
  if (plate == NO_TEMPERATURE) return BUDGET_TOTAL_MICROWATTS;
  const room = <i64>BUDGET_PLATE_LIMIT_MICROKELVIN - <i64>plate;
  const more = (room * 1000) / <i64>BUDGET_PLATE_NANOKELVIN_PER_MICROWATT;
  return <u32>max<i64>(0, min<i64>(BUDGET_TOTAL_MICROWATTS, <i64>totalMicrowatts + more));
}

/** One step; where the core is what takes too much, playing less does not help. */
function shedMore(isCoreOver: bool): void {
  if (shed == SHED_SAFE_STATE) return;
  overSeconds = 0;
  const next = isCoreOver ? max(shed + 1, SHED_MUTED) : shed + 1;
  setShed(next);
  if (next >= SHED_MUTED) writeOutputsDisable(OUTPUTS_DISABLE_DAC);
  if (next == SHED_SAFE_STATE) giveUpTrial(totalMicrowatts);
}

function giveBack(): void {
  belowSeconds = 0;
  const wasMuted = shed >= SHED_MUTED;
  setShed(shed - 1);
  if (wasMuted) openOutputs();
}

function setShed(next: u32): void {
  shed = next;
  writeActivityDuty(dutyOf(next));
  recordEvent(EVENT_LOAD_SHED, next, totalMicrowatts);
}

function dutyOf(step: u32): u32 {
  if (step == SHED_NOTHING) return ACTIVITY_DUTY_PERCENT_FULL;
  if (step == SHED_HALF_DUTY) return ACTIVITY_DUTY_PERCENT_HALF;
  return step == SHED_QUARTER_DUTY ? ACTIVITY_DUTY_PERCENT_QUARTER : ACTIVITY_DUTY_PERCENT_MUTED;
}
