// The power that management requests may use, however many clients send them and however fast: BUDGET_REQUEST_MICROWATTS on average.
//
//   a bucket of picojoules: filled with its share of the time, up to BUDGET_REQUEST_BURST_MICROJOULES; emptied by lines and requests
//   empty: no request is served and the lines are left alone. Their FIFOs fill, flow control makes the senders wait, nothing is lost
//
// A full bucket verifies a whole slot and its token at once. A request is served whole, so it may leave a debt, and the next one waits until that is
// paid. What must stay true: no traffic takes more than its average for long, so that the budget (budget.ts) need not shed load for it: a client
// that asks too much makes clients wait, and has no other effect.

import { NS_PER_CYCLE, uptimeNs } from '../../protocol/guest/clock';
import {
  BUDGET_CORE_MICROWATTS,
  BUDGET_REQUEST_BURST_MICROJOULES,
  BUDGET_REQUEST_MICROWATTS,
  ENERGY_CYCLE,
  LINE_UART0,
  LINE_UART1,
} from '../../protocol/guest/generated/constants';
import { readIntcEnable, writeIntcEnable } from '../../protocol/guest/generated/registers';

const LINES: u32 = LINE_UART0 | LINE_UART1;
const PICOJOULES_PER_MICROJOULE: i64 = 1_000_000;
/** Once empty, it is left alone until it holds so much: a few small requests, so that looking at it costs little. */
const RESUME: i64 = 20 * PICOJOULES_PER_MICROJOULE;
const CAPACITY: i64 = <i64>BUDGET_REQUEST_BURST_MICROJOULES * PICOJOULES_PER_MICROJOULE;

/** Picojoules; below zero a debt. */
let left: i64 = 0;
let filledNs: u64 = 0;
/** It was empty, and does not hold RESUME yet. */
let isEmpty: bool = false;
/** Picojoules since the budget's last look. */
let spent: u64 = 0;
/** Something was served in this run of the core. */
let served: bool = false;

/** The bucket is full. */
export function startRequestPower(): void {
  left = CAPACITY;
  isEmpty = false;
  filledNs = uptimeNs();
  assert(left > 0, 'the first request is served at once');
  assert(spent == 0 && !served, 'nothing has been served');
}

/** A request, or a step of one, is served in this run of the core. */
export function noteService(): void {
  assert(!isEmpty, 'nothing is served from an empty bucket');
  assert(left > 0, 'a bucket that is not empty holds something');
  served = true;
}

/** At the end of a run of the core that began at `startNs`: takes it from the bucket, if lines were drained in it or requests served. */
export function chargeRequests(startNs: u64, drained: bool): void {
  if (!drained && !served) return;
  served = false;
  const now = uptimeNs();
  assert(now >= startNs, 'time goes forward');
  const picojoules = ((now - startNs) / NS_PER_CYCLE) * ENERGY_CYCLE;
  left -= <i64>picojoules;
  spent += picojoules;
  assert(left <= CAPACITY, 'nothing is gained by working');
  assert(spent >= picojoules, 'what is spent is not forgotten before the budget asks');
}

/** Picojoules that went into lines and requests since this was last asked; the budget asks. */
export function takeSpentOnRequests(): u64 {
  const picojoules = spent;
  spent = 0;
  assert(picojoules >> 48 == 0, 'what a core can use between two looks');
  return picojoules;
}

/** Whether a request may be served now; opens or leaves alone the lines accordingly. */
export function mayServeRequests(): bool {
  assert(BUDGET_REQUEST_MICROWATTS < BUDGET_CORE_MICROWATTS, 'requests are a part of what the core may take');
  fill();
  isEmpty = left <= 0 || (isEmpty && left < RESUME);
  const enabled = readIntcEnable();
  const wanted = isEmpty ? enabled & ~LINES : enabled | LINES;
  if (wanted != enabled) writeIntcEnable(wanted);
  return !isEmpty;
}

/** When requests may be served again. */
export function nextServiceNs(): u64 {
  assert(isEmpty && left < RESUME, 'the bucket is empty');
  const waitNs = ((RESUME - left) * 1000) / <i64>BUDGET_REQUEST_MICROWATTS + 1;
  assert(waitNs > 0, 'it takes time to fill');
  return filledNs + <u64>waitNs;
}

/** Microwatts times nanoseconds are femtojoules. */
function fill(): void {
  const now = uptimeNs();
  assert(now >= filledNs, 'time goes forward');
  const more = <i64>(((now - filledNs) * BUDGET_REQUEST_MICROWATTS) / 1000);
  left = min<i64>(CAPACITY, left + more);
  filledNs = now;
  assert(left <= CAPACITY, 'a bucket holds no more than its capacity');
}
