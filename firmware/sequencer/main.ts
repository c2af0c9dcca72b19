// The sequencers' own module: six cores, their queues, the trigger network, acquisitions and bins.
//
// It is no task of the management core but the logic of hardware beside it, so it has a memory of its own (layout.ts), no bus, and its time is
// the instruction table's, not that of its own execution. It travels inside the signed firmware image, and the chip runs it from there;
// `coldrig pulse` runs the same module without a chip. The rules of an image hold for it as well: integers, fixed memory, nothing
// allocated, no recursion. What must stay true: it keeps no state in globals.

import { SEQUENCER_FLAG_FORCED_STOP } from '../../protocol/guest/generated/constants';
import { clearBins } from './bins';
import { configureCore, resetSettings } from './configure';
import { setFlag } from './core';
import { figureOf, placeOf } from './figures';
import { CORE_COUNT, coreAt, RECORD_COUNT, RECORD_MASK } from './layout';
import { loadStaged } from './load';
import { outputAt } from './outputs';
import { runCores } from './scheduler';
import { armCores, isBusy, startCores } from './start';
import { stopClassic } from './stop';

function timeOf(low: u32, high: u32): i64 {
  return ((<i64>high) << 32) | <i64>low;
}

/** Called once, on zeroed memory. */
export function reset(): void {
  assert(__heap_base <= 0x1_0000, 'the tables of the compiler end before the layout begins');
  resetSettings();
}

/** Kinds of records that are wanted, one bit each. */
export function recordKinds(mask: u32): void {
  store<u32>(RECORD_MASK, mask);
}

/** The host has taken every record. */
export function recordsTaken(): void {
  store<u32>(RECORD_COUNT, 0);
}

/** 1 when it was set, 0 when it was refused. */
export function configure(core: u32, setting: u32, index: u32, value: u32): u32 {
  return configureCore(core, setting, index, value) ? 1 : 0;
}

/** Takes the staged sequence; SEQUENCER_LOAD_*. */
export function load_(core: u32, length: u32, crc: u32): u32 {
  return loadStaged(core, length, crc);
}

export function arm(mask: u32): void {
  armCores(mask);
}

export function start(mask: u32, timeLow: u32, timeHigh: u32): void {
  startCores(mask, timeOf(timeLow, timeHigh));
}

/** Stops the classic cores of a mask; what is queued is finished. */
export function stop(mask: u32): void {
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    if ((mask & (1 << index)) == 0 || !isBusy(core)) continue;
    setFlag(core, SEQUENCER_FLAG_FORCED_STOP);
    stopClassic(core);
  }
}

/** Runs the cores up to a time; SEQUENCER_RUN_*. */
export function run(untilLow: u32, untilHigh: u32, budget: u32): u32 {
  return runCores(timeOf(untilLow, untilHigh), budget);
}

export function deleteBins(core: u32): void {
  assert(core < CORE_COUNT, 'there are six cores');
  clearBins(core);
}

export function figure(core: u32, which: u32, index: u32): u32 {
  return figureOf(core, which, index);
}

/** What is at the outputs of a core at a time; SEQUENCER_OUTPUT_*. */
export function output(core: u32, which: u32, timeLow: u32, timeHigh: u32): u32 {
  return outputAt(coreAt(core), which, timeOf(timeLow, timeHigh));
}

export function place(which: u32): u32 {
  return placeOf(which);
}
