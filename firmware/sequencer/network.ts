// The trigger network: requests in the order of time, one trigger on it at a time, every sequencer hears it 212 ns after the send.
//
// Cores run ahead of each other, so a request is settled only when no core can still ask for an earlier one. What must stay true: a core is told
// of the triggers up to time t only when every request up to t - 212 ns is settled; then its answer can never change.

import {
  SEQUENCER_FLAG_TRIGGER_NETWORK_CONFLICT,
  SEQUENCER_FLAG_TRIGGER_NETWORK_MISSED_INTERNAL_TRIGGER,
  SEQUENCER_RECORD_INDEX_NONE,
  SEQUENCER_RECORD_TRIGGER,
  SEQUENCER_SETTING_SYNC_ENABLE,
  SEQUENCER_STATE_RUNNING,
  TRIGGER_ADDRESSES,
  TRIGGER_GRID_NS,
  TRIGGER_LATENCY_NS,
  TRIGGER_SPACING_NS,
} from '../../protocol/guest/generated/constants';
import {
  CURSOR,
  earliestExecution,
  GRID_ORIGIN,
  indexOf,
  isRunning,
  STATE,
  setFlag,
  settingOf,
  TIME,
  WAIT,
  WAIT_SYNC,
  WAIT_SYNC_OVER,
  WAIT_TIME,
  WAIT_TRIGGER,
} from './core';
import { takeTriggers } from './latches';
import {
  CORE_COUNT,
  coreAt,
  DELIVERED,
  DELIVERED_COUNT,
  DELIVERED_MAX,
  NETWORK_FREE,
  NETWORK_OWNER,
  NEVER,
  REQUEST_COUNT,
  REQUEST_SIZE,
  REQUESTS,
  REQUESTS_OF_CORE,
  REQUESTS_WAITING,
  SENDERS,
} from './layout';
import { record } from './records';

const LOST_IN_CONFLICT: u32 = 1;
const MISSED: u32 = 2;

/**
 * Whether the network has room for a request of this core, made at `time`; false: when the others have come further. The core
 * furthest behind always has: all its requests are still to come, and of those a core keeps few.
 */
export function mayRequest(core: usize, time: i64): bool {
  assert(REQUESTS_WAITING < REQUESTS_OF_CORE, 'a core that is at its limit of those waiting still has room');
  if (requestsOf(core, i64.MIN_VALUE) < REQUESTS_OF_CORE) return true;
  settleTo(time);
  return requestsOf(core, i64.MIN_VALUE) < REQUESTS_OF_CORE || requestsOf(core, time) >= REQUESTS_WAITING;
}

/** Requests of a core for later than `time`. */
function requestsOf(core: usize, time: i64): u32 {
  const index = indexOf(core);
  assert(load<u32>(REQUEST_COUNT) <= CORE_COUNT * REQUESTS_OF_CORE, 'each core keeps few');
  let own: u32 = 0;
  for (let request: u32 = 0; request < load<u32>(REQUEST_COUNT); request++) {
    const place = REQUESTS + request * REQUEST_SIZE;
    if (load<u32>(place, 16) == index && load<i64>(place) > time) own++;
  }
  assert(own <= REQUESTS_OF_CORE, 'each core keeps few');
  return own;
}

/** An acquisition of this core, made at TIME, asks for a trigger at `time`. */
export function requestTrigger(core: usize, time: i64, address: u32): void {
  const count = load<u32>(REQUEST_COUNT);
  assert(address - 1 < TRIGGER_ADDRESSES, 'an address that was judged when it was set');
  assert(time >= load<i64>(core, TIME), 'a window ends no earlier than its acquisition begins');
  if (requestsOf(core, load<i64>(core, TIME)) >= REQUESTS_WAITING) {
    setFlag(core, SEQUENCER_FLAG_TRIGGER_NETWORK_MISSED_INTERNAL_TRIGGER);
    return;
  }
  const index = indexOf(core);
  assert(count < CORE_COUNT * REQUESTS_OF_CORE, 'there is room: a core asks before it acquires');
  let place = REQUESTS + count * REQUEST_SIZE;
  while (place > REQUESTS) {
    const before = place - REQUEST_SIZE;
    const earlier = load<i64>(before) < time || (load<i64>(before) == time && load<u32>(before, 16) <= index);
    if (earlier) break;
    memory.copy(place, before, REQUEST_SIZE);
    place = before;
  }
  store<i64>(place, time);
  store<i64>(place, onGrid(time, load<i64>(core, GRID_ORIGIN)), 8);
  store<u32>(place, index, 16);
  store<u32>(place, address, 20);
  assert(place + REQUEST_SIZE <= DELIVERED, 'the list of requests keeps to its place');
  store<u32>(REQUEST_COUNT, count + 1);
}

/** Settles every request whose trigger may have been received by `time`; false while a core may still make one. */
export function settleNetwork(time: i64): bool {
  assert(time >= 0, 'a time since the release');
  if ((load<u32>(SENDERS) | load<u32>(REQUEST_COUNT)) == 0) return true;
  return settleTo(time - <i64>TRIGGER_LATENCY_NS);
}

/** Settles every request up to `last`; false while a core may still make one before that. */
function settleTo(last: i64): bool {
  while (load<u32>(REQUEST_COUNT) != 0 && load<i64>(REQUESTS) <= last) {
    if (!allPast(load<i64>(REQUESTS))) return false;
    settleFirst();
  }
  return allPast(last);
}

/** The first request, when it is sure that no earlier one will come; false when there is none such. */
export function settleOne(): bool {
  const count = load<u32>(REQUEST_COUNT);
  if (count == 0 || !allPast(load<i64>(REQUESTS))) return false;
  settleFirst();
  assert(load<u32>(REQUEST_COUNT) + 1 == count, 'one request less');
  return true;
}

function settleFirst(): void {
  assert(load<u32>(REQUEST_COUNT) != 0, 'a request that waits');
  const asked = load<i64>(REQUESTS);
  const send = load<i64>(REQUESTS, 8);
  const index = load<u32>(REQUESTS, 16);
  const address = load<u32>(REQUESTS, 20);
  const count = load<u32>(REQUEST_COUNT) - 1;
  memory.copy(REQUESTS, REQUESTS + REQUEST_SIZE, count * REQUEST_SIZE);
  store<u32>(REQUEST_COUNT, count);
  assert(count == 0 || load<i64>(REQUESTS) >= asked, 'requests are settled in the order of time');
  const core = coreAt(index);
  assert(send >= asked && send - asked < <i64>TRIGGER_GRID_NS, 'a trigger is sent at the next point of the grid');
  const waited = <u32>(send - asked);
  if (send < load<i64>(NETWORK_FREE)) {
    const own = load<u32>(NETWORK_OWNER) == index;
    const conflict = SEQUENCER_FLAG_TRIGGER_NETWORK_CONFLICT;
    setFlag(core, own ? SEQUENCER_FLAG_TRIGGER_NETWORK_MISSED_INTERNAL_TRIGGER : conflict);
    recordTrigger(core, send, address, waited, own ? MISSED : LOST_IN_CONFLICT);
    return;
  }
  store<i64>(NETWORK_FREE, send + <i64>TRIGGER_SPACING_NS);
  store<u32>(NETWORK_OWNER, index);
  recordTrigger(core, send, address, waited, 0);
  deliver(send + <i64>TRIGGER_LATENCY_NS, address);
}

function recordTrigger(core: usize, time: i64, address: u32, waited: u32, lost: u32): void {
  assert(lost <= MISSED, 'sent, lost in a conflict, or missed');
  assert(address - 1 < TRIGGER_ADDRESSES, 'a trigger has an address');
  record(SEQUENCER_RECORD_TRIGGER, core, SEQUENCER_RECORD_INDEX_NONE, time, address, waited, lost, 0);
}

/** The first point at or after `time` of the grid that begins at `origin`. */
function onGrid(time: i64, origin: i64): i64 {
  const grid = <i64>TRIGGER_GRID_NS;
  const into = (time - origin) % grid;
  const point = into == 0 ? time : into < 0 ? time - into : time + grid - into;
  assert(point >= time && point - time < grid, 'the first point that is not before');
  assert((point - origin) % grid == 0, 'and one of the grid');
  return point;
}

function deliver(received: i64, address: u32): void {
  const count = load<u32>(DELIVERED_COUNT);
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    // Only a core that has stood still for 4096 triggers is so far behind. It counts them with its latches as they are now.
    if (count - load<u32>(core, CURSOR) >= DELIVERED_MAX) takeTriggers(core, NEVER);
    assert(count - load<u32>(core, CURSOR) < DELIVERED_MAX, 'no trigger is overwritten before every core has taken it');
  }
  const place = DELIVERED + (count % DELIVERED_MAX) * 16;
  const last = DELIVERED + ((count - 1) % DELIVERED_MAX) * 16;
  assert(count == 0 || load<i64>(last) < received, 'triggers are received one after another');
  store<i64>(place, received);
  store<u32>(place, address, 8);
  store<u32>(DELIVERED_COUNT, count + 1);
}

/** Whether no core can ask for a trigger before `time` any more. */
function allPast(time: i64): bool {
  const senders = load<u32>(SENDERS);
  assert(senders >> CORE_COUNT == 0, 'a bit for each core');
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    if ((senders & (1 << index)) != 0 && earliestRequest(coreAt(index)) < time) return false;
  }
  return true;
}

/**
 * A bound below any request this core has not made yet. One that waits for a trigger asks later than whatever frees it, which is
 * itself later than all that matters to who asks; one that waits for the others asks after the last of them has come.
 */
function earliestRequest(core: usize): i64 {
  if (!isRunning(core, SEQUENCER_STATE_RUNNING)) return NEVER;
  const wait = load<u32>(core, WAIT);
  assert(wait <= WAIT_TRIGGER, 'a wait that there is');
  assert(
    wait != WAIT_SYNC_OVER || load<i64>(core, WAIT_TIME) >= load<i64>(core, TIME),
    'nobody goes on before it came',
  );
  if (wait == WAIT_TRIGGER) return NEVER;
  if (wait == WAIT_SYNC_OVER) return load<i64>(core, WAIT_TIME);
  return wait == WAIT_SYNC ? earliestRelease() : earliestExecution(core);
}

/** A bound below the time at which the cores in wait_sync go on. */
function earliestRelease(): i64 {
  let latest: i64 = 0;
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    if (settingOf(core, SEQUENCER_SETTING_SYNC_ENABLE) == 0) continue;
    if (load<u32>(core, STATE) != SEQUENCER_STATE_RUNNING || load<u32>(core, WAIT) == WAIT_TRIGGER) return NEVER;
    latest = max(latest, earliestExecution(core));
  }
  assert(latest >= 0 && latest < NEVER, 'the last of them will come');
  return latest;
}
