// The sequencers' own module: six cores, their queues, the trigger network, acquisitions and bins.
//
// It is no task of the management core but the logic of hardware beside it, so it has a memory of its own (layout.ts), no bus, and its time is
// the instruction table's, not that of its own execution. It travels inside the signed firmware image, and the chip runs it from there;
// `coldrig pulse` runs the same module without a chip. The rules of an image hold for it as well: integers, fixed memory, nothing
// allocated, no recursion. What must stay true: it keeps no state in globals.

import {
  SEQUENCER_FLAG_CELL_INVALID,
  SEQUENCER_FLAG_FORCED_STOP,
  SEQUENCER_RUN_INPUT,
  SEQUENCER_STATE_RUNNING,
} from '../../protocol/guest/generated/constants';
import { takeSums } from './binning';
import { clearBins } from './bins';
import { configureCore, resetSettings } from './configure';
import { isRunning, setFlag } from './core';
import { figureOf, placeOf } from './figures';
import { isWaiting } from './input';
import { checkCoreLayout, checkLayout, checkOpcodes } from './invariants';
import { CORE_COUNT, coreAt, EXECUTED, RECORD_COUNT, RECORD_MASK, RECORDS_MAX } from './layout';
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
  checkLayout();
  checkCoreLayout();
  checkOpcodes();
  assert(load<u64>(EXECUTED) == 0 && load<u32>(RECORD_COUNT) == 0, 'nothing has run');
  resetSettings();
}

/** Kinds of records that are wanted, one bit each. */
export function recordKinds(mask: u32): void {
  store<u32>(RECORD_MASK, mask);
}

/** The host has taken every record. */
export function recordsTaken(): void {
  assert(load<u32>(RECORD_COUNT) <= RECORDS_MAX, 'no more records than the buffer holds');
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
  assert(mask >> CORE_COUNT == 0, 'a bit for each core');
  armCores(mask);
}

export function start(mask: u32, timeLow: u32, timeHigh: u32): void {
  const time = timeOf(timeLow, timeHigh);
  assert(mask >> CORE_COUNT == 0, 'a bit for each core');
  assert(time >= 0, 'a time since the release');
  startCores(mask, time);
}

/** Stops the classic cores of a mask; what is queued is finished. */
export function stop(mask: u32): void {
  assert(mask >> CORE_COUNT == 0, 'a bit for each core');
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    const core = coreAt(index);
    if ((mask & (1 << index)) == 0 || !isBusy(core)) continue;
    setFlag(core, SEQUENCER_FLAG_FORCED_STOP);
    stopClassic(core);
    assert(!isRunning(core, SEQUENCER_STATE_RUNNING), 'a core that was stopped executes nothing more');
  }
}

/** Runs the cores up to a time; SEQUENCER_RUN_*. */
export function run(untilLow: u32, untilHigh: u32, budget: u32): u32 {
  const before = load<u64>(EXECUTED);
  const result = runCores(timeOf(untilLow, untilHigh), budget);
  assert(load<u64>(EXECUTED) - before <= <u64>budget, 'no more is executed than was to be');
  assert(result <= SEQUENCER_RUN_INPUT, 'a run ends for a reason of the list');
  return result;
}

/** The sums of the window that waits are in its place, with flags that their integration raised; SEQUENCER_SUPPLY_*. */
export function supply(flags: u32): u32 {
  assert(isWaiting(), 'a run has ended with INPUT, and its sums have not been supplied yet');
  return takeSums(flags);
}

/** Sequencers of a mask played or acquired while a cell of the multiplexer that they rely on did not hold its value. */
export function relyInVain(mask: u32): void {
  assert(mask >> CORE_COUNT == 0, 'a bit for each core');
  assert(mask != 0, 'one of them at least');
  for (let index: u32 = 0; index < CORE_COUNT; index++) {
    if ((mask & (1 << index)) != 0) setFlag(coreAt(index), SEQUENCER_FLAG_CELL_INVALID);
  }
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
  const time = timeOf(timeLow, timeHigh);
  assert(time >= 0, 'a time since the release');
  return outputAt(coreAt(core), which, time);
}

export function place(which: u32): u32 {
  return placeOf(which);
}
