// wait_sync: every synchronised sequencer comes to it, then all go on at the same moment.
//
// The release is the arrival of the last and a credit on top. At the first wait_sync of a sequencer it hides what the classic cores spent before. What
// a later one takes is a setting of its own, because no document says it. The grid of the trigger network begins anew at each release. A sequencer that does not take part goes straight on.

import {
  SEQUENCER_SETTING_SYNC_AGAIN,
  SEQUENCER_SETTING_SYNC_CREDIT,
  SEQUENCER_SETTING_SYNC_ENABLE,
  SEQUENCER_STATE_RUNNING,
} from '../../protocol/guest/generated/constants';
import { Q1_STEP_NS } from '../../protocol/guest/generated/instructions';
import {
  GRID_ORIGIN,
  isRunning,
  SYNCED,
  settingOf,
  TIME,
  WAIT,
  WAIT_NONE,
  WAIT_SYNC,
  WAIT_SYNC_OVER,
  WAIT_TIME,
} from './core';
import { CORE_COUNT, coreAt, NEVER } from './layout';

function creditNs(core: usize): i64 {
  const isFirst = load<u32>(core, SYNCED) == 0;
  const steps = settingOf(core, isFirst ? SEQUENCER_SETTING_SYNC_CREDIT : SEQUENCER_SETTING_SYNC_AGAIN);
  assert(steps <= u32.MAX_VALUE / Q1_STEP_NS, 'a product that fits its word');
  return <i64>(steps * Q1_STEP_NS);
}

function countRelease(core: usize): void {
  assert(load<u32>(core, WAIT) != WAIT_SYNC, 'a core that is released waits no more');
  store<u32>(core, load<u32>(core, SYNCED) + 1, SYNCED);
  assert(load<u32>(core, SYNCED) != 0, 'it has been released at least once');
}

/** The core is in wait_sync since `time`. When it goes on, or NEVER: ask again. */
export function synchronise(core: usize, time: i64): i64 {
  assert(time == load<i64>(core, TIME), 'a core comes to wait_sync at its own time');
  if (settingOf(core, SEQUENCER_SETTING_SYNC_ENABLE) == 0) return releaseAlone(core, time);
  if (load<u32>(core, WAIT) == WAIT_NONE) {
    store<u32>(core, WAIT_SYNC, WAIT);
    releaseIfComplete();
  }
  if (load<u32>(core, WAIT) != WAIT_SYNC_OVER) return NEVER;
  assert(load<i64>(core, WAIT_TIME) >= time, 'the last one comes no earlier than this one');
  store<u32>(core, WAIT_NONE, WAIT);
  return load<i64>(core, WAIT_TIME);
}

function releaseAlone(core: usize, time: i64): i64 {
  const release = time + creditNs(core);
  assert(release >= time, 'nobody goes on before it came');
  assert(load<u32>(core, WAIT) == WAIT_NONE, 'a core that takes no part waits for nobody');
  store<i64>(core, release, GRID_ORIGIN);
  countRelease(core);
  return release;
}

function releaseIfComplete(): void {
  let release: i64 = 0;
  let arrived: u32 = 0;
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    if (settingOf(core, SEQUENCER_SETTING_SYNC_ENABLE) == 0) continue;
    if (!isRunning(core, SEQUENCER_STATE_RUNNING) || load<u32>(core, WAIT) != WAIT_SYNC) return;
    release = max(release, load<i64>(core, TIME) + creditNs(core));
    arrived++;
  }
  assert(arrived != 0, 'who asks has arrived');
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    if (settingOf(core, SEQUENCER_SETTING_SYNC_ENABLE) == 0) continue;
    assert(load<u32>(core, WAIT) == WAIT_SYNC && release >= load<i64>(core, TIME), 'all have arrived');
    store<u32>(core, WAIT_SYNC_OVER, WAIT);
    store<i64>(core, release, WAIT_TIME);
    store<i64>(core, release, GRID_ORIGIN);
    countRelease(core);
  }
}
