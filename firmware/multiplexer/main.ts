// The multiplexer's own module: up to 1,024 cells that hold voltages, behind up to 8 lines, served in time by a table.
//
// It is no task of the management core but the logic of hardware beside it: a core that verifies a full slot is busy for longer than a cell
// holds its voltage. So it has a memory of its own (layout.ts), no bus, and its time is the board's, not that of its own execution. It
// travels inside the signed firmware image (custom section coldrig.multiplexer), and the chip runs it from there. The rules of an image hold for it as well: integers, fixed
// memory, nothing allocated, no recursion. What must stay true: it keeps no state in globals.

import {
  MUX_EDGES_MAX,
  MUX_LOAD_BUSY,
  MUX_LOAD_GOOD,
  MUX_RUN_BUDGET,
  MUX_RUN_UNTIL,
  MUX_SEQUENCERS,
  MUX_SETTING_VALUE,
  MUX_USES_MAX,
  MUX_WRITE_NO_ROOM,
  MUX_WRITE_TAKEN,
} from '../../protocol/guest/generated/constants';
import { calmFor, plannedBefore } from './calm';
import { parkLines, startTable } from './change';
import { configureCell } from './configure';
import { figureOf, placeOf } from './figures';
import { cellAt, GLOBALS, globals, MEMORY_END, pulsesOf, resetLayout } from './layout';
import { loadStaged } from './load';
import { announce, forgetFrom } from './marks';
import { runLines } from './run';
import { readBack } from './service';
import { forgetUses, noteUse } from './uses';
import { writeCell } from './write';

function timeOf(low: u32, high: u32): i64 {
  assert(high <= 0x7fff_ffff, 'a time');
  return ((<i64>high) << 32) | <i64>low;
}

/** Called once, on zeroed memory. */
export function reset(): void {
  assert(__heap_base <= GLOBALS, 'the tables of the compiler end before the layout begins');
  resetLayout();
  assert(globals().running == 0 && globals().now == 0, 'nothing has run');
}

/** 1 when it was set, 0 when it was refused. */
export function configure(cell: u32, setting: u32, value: u32): u32 {
  const isSet = configureCell(cell, setting, value);
  assert(globals().invalid <= globals().cells, 'cells that are used');
  assert(!isSet || setting <= MUX_SETTING_VALUE, 'a setting that there is');
  return isSet ? 1 : 0;
}

/** Takes the staged table; MUX_LOAD_*. */
export function load_(length: u32): u32 {
  const outcome = loadStaged(length);
  assert(outcome <= MUX_LOAD_BUSY, 'an outcome of the table');
  assert(outcome != MUX_LOAD_GOOD || globals().nextLength == length, 'a table that was taken is whole');
  return outcome;
}

/** 1 when the table is executed from now on, 0 where there is none, or one already is. */
export function start(timeLow: u32, timeHigh: u32): u32 {
  const isStarted = startTable(timeOf(timeLow, timeHigh));
  assert(!isStarted || globals().running == 1, 'what was started is executed');
  assert(globals().now == timeOf(timeLow, timeHigh), 'the lines have come to this time');
  return isStarted ? 1 : 0;
}

export function park(timeLow: u32, timeHigh: u32): void {
  parkLines(timeOf(timeLow, timeHigh));
  assert(globals().running == 0, 'what is parked executes nothing');
  assert(globals().pending == 0, 'no table waits for one that is not executed');
}

/** MUX_WRITE_*. */
export function write(cell: u32, code: u32, timeLow: u32, timeHigh: u32): u32 {
  const outcome = writeCell(cell, code, timeOf(timeLow, timeHigh));
  assert(outcome <= MUX_WRITE_NO_ROOM, 'an outcome of the table');
  assert(outcome != MUX_WRITE_TAKEN || cellAt(cell).code == code, 'a value that was taken is the one to hold');
  return outcome;
}

/** The markers of a sequencer are at these levels from a time on. */
export function mark(sequencer: u32, levels: u32, timeLow: u32, timeHigh: u32): void {
  assert(sequencer < MUX_SEQUENCERS, 'a sequencer that there is');
  announce(sequencer, levels, timeOf(timeLow, timeHigh));
  assert(globals().edges <= MUX_EDGES_MAX, 'no more edges than there is room for');
}

/** A sequencer plays or acquires from one time to another. */
export function use(sequencer: u32, fromLow: u32, fromHigh: u32, toLow: u32, toHigh: u32): void {
  assert(sequencer < MUX_SEQUENCERS, 'a sequencer that there is');
  noteUse(sequencer, timeOf(fromLow, fromHigh), timeOf(toLow, toHigh));
  assert(pulsesOf(sequencer).uses <= MUX_USES_MAX, 'no more spans than there is room for');
}

/** What was announced of a sequencer for this time and later will not come; its pulses are not flagged any more. */
export function forget(sequencer: u32, timeLow: u32, timeHigh: u32): void {
  assert(sequencer < MUX_SEQUENCERS, 'a sequencer that there is');
  forgetUses(sequencer);
  forgetFrom(sequencer, timeOf(timeLow, timeHigh));
  assert(pulsesOf(sequencer).uses == 0, 'no span of it is left');
}

/**
 * Executes the services that begin before a time; MUX_RUN_*. `bad`: the number, from now, of the next bank change that connects the wrong cell: calm
 * periods before it are passed over. 0: every service is executed.
 */
export function run(untilLow: u32, untilHigh: u32, budget: u32, bad: u32): u32 {
  const outcome = runLines(timeOf(untilLow, untilHigh), budget, bad);
  assert(outcome <= MUX_RUN_BUDGET, 'a run ends for a reason of the list');
  assert(outcome != MUX_RUN_UNTIL || globals().now == timeOf(untilLow, untilHigh), 'it has come to that time');
  return outcome;
}

/** Microseconds from now on in which only services of the table happen, before the bank change of this number; 0: it is not calm. */
export function calm(bad: u32): u32 {
  const span = calmFor(bad);
  assert(span == 0 || globals().running == 1, 'only a table that is executed is calm');
  assert(span == 0 || globals().invalid == 0, 'and only while every cell holds its value');
  return span;
}

/** Services of the table from now on that are planned before a time. */
export function ahead(untilLow: u32, untilHigh: u32): u32 {
  const services = plannedBefore(timeOf(untilLow, untilHigh));
  assert(services == 0 || globals().running == 1, 'only a table that is executed has services');
  return services;
}

export function readback(cell: u32): void {
  readBack(cell);
  assert(globals().invalid <= globals().cells, 'cells that are used');
}

export function figure(which: u32, index: u32): u32 {
  return figureOf(which, index);
}

export function place(which: u32): u32 {
  const at = placeOf(which);
  assert(<usize>at < MEMORY_END, 'an address in its memory, or a size that fits it');
  return at;
}
