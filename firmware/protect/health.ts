// The health word: one bit per thing that is wrong or kept off (HEALTH_* in protocol/telemetry/health.ts), zero is healthy.
//
// Counters of the scheduler and the lines are compared with what they were a moment ago; a bit they raise lasts ten
// seconds, so that a reader who looks once a second cannot miss it. What is kept off is read from the switches themselves, not from what was requested. What
// must stay true: the word is zero only while the chip drives everything that a freshly booted one drives.

import { NS_PER_MS, NS_PER_SECOND, uptimeNs } from '../../protocol/guest/clock';
import { flashFailures } from '../../protocol/guest/flash-job';
import {
  HEALTH_BUDGET,
  HEALTH_CELLS,
  HEALTH_CLOCK,
  HEALTH_DEADLINE,
  HEALTH_DUTY_REDUCED,
  HEALTH_FLASH,
  HEALTH_HEATERS_OFF,
  HEALTH_INTERLOCK,
  HEALTH_LINK,
  HEALTH_MULTIPLEXER_OFF,
  HEALTH_RAILS,
  HEALTH_READOUT,
  HEALTH_SENSOR,
  HEALTH_SHEDDING,
  HEALTH_SIGNAL,
  HEALTH_STARTING,
  HEALTH_WAVEFORMS_OFF,
  POLICY_WELL_AFTER_MS,
  SHED_NOTHING,
  SLOT_TRIAL,
} from '../../protocol/guest/generated/constants';
import {
  ACTIVITY_DUTY_PERCENT_FULL,
  ACTIVITY_DUTY_PERCENT_MUTED,
  OUTPUTS_STATE_DAC,
  OUTPUTS_STATE_HEATERS,
  OUTPUTS_STATE_MULTIPLEXER,
  readActivityDuty,
  readOutputsState,
  readRailsGood,
  readResetResetsInARow,
  writeResetResetsInARow,
} from '../../protocol/guest/generated/registers';
import { COUNT_CONSOLE_OVERRUNS, COUNT_GATEWAY_OVERRUNS, counted } from '../../protocol/guest/smp/counters';
import {
  actionsOf,
  clippingSignals,
  latchedHealth,
  loadShed,
  railsAllowed,
  trippedInterlocks,
  unreadableChannels,
} from '../in-force/statement';
import { stateAtHandover } from '../kernel/handover';
import { taskStartNs } from '../kernel/scheduler';
import { missesOfAll, overrunsOfAll } from '../kernel/statistics';
import { watchdogFeeds } from '../kernel/watchdog';
import { areCellsInvalid } from '../sense/cells';
import { clockImpaired } from '../sense/clock';
import { lostSignals } from '../sense/frontend';
import { sensorsImpaired } from '../sense/thermometry';

const HOLD_NS: u64 = 10 * NS_PER_SECOND;

let missesSeen: u32 = 0;
let overrunsSeen: u32 = 0;
let deadlineUntilNs: u64 = 0;
let budgetUntilNs: u64 = 0;
let linkUntilNs: u64 = 0;
let lostSeen: u32 = 0;
let wellSinceNs: u64 = 0;
/** Whether RESET.RESETS_IN_A_ROW is zero: it stays so until the next reset. */
let isRowOver: bool = false;
/** Whether this image was on trial when it started: it is so until it is confirmed, or until the reset. */
let isOnTrial: bool = true;

/** The health word as of now. */
export function healthWord(): u32 {
  return healthWordAt(uptimeNs());
}

/** The health word at a time that is now, for who has just looked at the clock. */
export function healthWordAt(now: u64): u32 {
  let word = latchedHealth() | whatIsKeptOff();
  if (watchdogFeeds() == 0) word |= HEALTH_STARTING;
  if (now < deadlineUntilNs) word |= HEALTH_DEADLINE;
  if (now < budgetUntilNs) word |= HEALTH_BUDGET;
  if (now < linkUntilNs) word |= HEALTH_LINK;
  if (flashFailures() != 0) word |= HEALTH_FLASH;
  const tripped = trippedInterlocks();
  if (tripped != 0) word |= HEALTH_INTERLOCK;
  if ((railsAllowed(actionsOf(tripped)) & ~readRailsGood()) != 0) word |= HEALTH_RAILS;
  if (clockImpaired()) word |= HEALTH_CLOCK;
  if ((lostSignals() | clippingSignals()) != 0) word |= HEALTH_SIGNAL;
  if (unreadableChannels() != 0) word |= HEALTH_READOUT;
  if (loadShed() != SHED_NOTHING) word |= HEALTH_SHEDDING;
  if (areCellsInvalid()) word |= HEALTH_CELLS;
  if (sensorsImpaired()) word |= HEALTH_SENSOR;
  assert((word & latchedHealth()) == latchedHealth(), 'what is latched is told');
  assert(tripped == 0 || (word & HEALTH_INTERLOCK) != 0, 'what is tripped is told');
  assert((word & HEALTH_SHEDDING) == 0 || loadShed() != SHED_NOTHING, 'shedding is told while something is shed');
  return word;
}

/** HEALTH_* bits of what the switches keep off now. */
function whatIsKeptOff(): u32 {
  const gates = readOutputsState();
  const duty = readActivityDuty();
  assert(duty <= ACTIVITY_DUTY_PERCENT_FULL, 'a share of the whole');
  assert(
    (HEALTH_WAVEFORMS_OFF | HEALTH_DUTY_REDUCED | HEALTH_HEATERS_OFF | HEALTH_MULTIPLEXER_OFF) >> 16 != 0,
    'what is kept off stands in the upper half',
  );
  let word: u32 = 0;
  if ((gates & OUTPUTS_STATE_DAC) == 0 || duty == ACTIVITY_DUTY_PERCENT_MUTED) word |= HEALTH_WAVEFORMS_OFF;
  if (duty < ACTIVITY_DUTY_PERCENT_FULL) word |= HEALTH_DUTY_REDUCED;
  if ((gates & OUTPUTS_STATE_HEATERS) == 0) word |= HEALTH_HEATERS_OFF;
  if ((gates & OUTPUTS_STATE_MULTIPLEXER) == 0) word |= HEALTH_MULTIPLEXER_OFF;
  return word;
}

/** Whether it has been healthy for POLICY_WELL_AFTER_MS without a break; of an image on trial, and until the row of resets is over. */
export function isWell(): bool {
  return healthWord() == 0 && uptimeNs() - wellSinceNs >= POLICY_WELL_AFTER_MS * NS_PER_MS;
}

/**
 * Once healthy long enough, the earlier resets are forgotten: a later reset begins a new row. Afterwards only an image on trial is looked at, which may
 * be waiting to confirm itself: for nobody else does it matter since when all has been well.
 */
function forgetResets(now: u64): void {
  if ((isRowOver && !isOnTrial) || healthWordAt(now) != 0) wellSinceNs = now;
  assert(now >= wellSinceNs, 'time does not run backwards');
  if (isRowOver) return;
  isRowOver = readResetResetsInARow() == 0;
  isOnTrial = stateAtHandover() == SLOT_TRIAL;
  if (!isRowOver && isWell()) writeResetResetsInARow(0);
}

export function runHealth(): void {
  const now = taskStartNs();
  const misses = missesOfAll();
  const overruns = overrunsOfAll();
  const lost = counted(COUNT_GATEWAY_OVERRUNS) + counted(COUNT_CONSOLE_OVERRUNS);
  assert(misses >= missesSeen && overruns >= overrunsSeen, 'what the scheduler counts only grows');
  if (misses != missesSeen) deadlineUntilNs = now + HOLD_NS;
  if (overruns != overrunsSeen) budgetUntilNs = now + HOLD_NS;
  if (lost != lostSeen) linkUntilNs = now + HOLD_NS;
  assert(deadlineUntilNs <= now + HOLD_NS && budgetUntilNs <= now + HOLD_NS, 'a bit lasts ten seconds at most');
  missesSeen = misses;
  overrunsSeen = overruns;
  lostSeen = lost;
  forgetResets(now);
}
