// The readout's own module: two converter lines, up to eight tones each, demodulated and integrated in fixed point.
//
// It is no task of the management core but the logic of hardware beside it: a converter gives two samples a nanosecond. So it has a memory of its own
// (layout.ts), no bus, and no time of its own. It travels inside the signed firmware image (custom section coldrig.readout), and the chip runs it from there. The
// rules of an image hold for it as well: integers, fixed memory, nothing allocated, no recursion. What must stay true: it keeps no state in globals.

import {
  READOUT_CLEAR_COUNTERS,
  READOUT_CLEAR_SCOPE,
  READOUT_CLEAR_STATISTICS,
  READOUT_CLEAR_TAKE_PEAK,
  READOUT_LINES,
} from '../../protocol/guest/generated/constants';
import { configureReadout, resetSettings } from './configure';
import { figureOf, placeOf } from './figures';
import { checkLayout, globals, lineAt } from './layout';
import { takePeak } from './samples';
import { captureSamples, clearScope } from './scope';
import { clearStatistics, judgeWindow } from './statistics';
import { checkScales } from './turn';
import { weigh as weighTone } from './weights';
import { feedWindow, openFree as openFreeWindow, openWeighed as openWeighedWindow, openWindow } from './window';

/** Called once, on zeroed memory. */
export function reset(): void {
  checkLayout();
  checkScales();
  assert(globals().length == 0, 'memory is zero at a reset');
  resetSettings();
}

/** 1 when it was set, 0 when it was refused. */
export function configure(index: u32, setting: u32, value: u32): u32 {
  return configureReadout(index, setting, value) ? 1 : 0;
}

/** The weights in their place become a table of a channel's tone. */
export function weigh(slot: u32, channel: u32, count: u32): void {
  weighTone(slot, channel, count);
}

export function open(channel: u32, phase: u32, length: u32, state: u32): void {
  openWindow(channel, phase, length, state);
}

export function openWeighed(channel: u32, phase: u32, length: u32, state: u32, slotI: u32, slotQ: u32): void {
  openWeighedWindow(channel, phase, length, state, slotI, slotQ);
}

export function openFree(line: u32, timeLow: u32, timeHigh: u32, length: u32): void {
  assert(timeHigh <= 0x7fff_ffff, 'a time');
  openFreeWindow(line, ((<i64>timeHigh) << 32) | <i64>timeLow, length);
}

/** The next `count` samples of the window stand in their place. */
export function feed(count: u32): void {
  feedWindow(count);
}

export function judge(reached: u32): void {
  judgeWindow(reached);
}

/** Keeps samples that stand in their place; the flags of the capture. */
export function capture(line: u32, count: u32): u32 {
  return captureSamples(line, count);
}

/** READOUT_CLEAR_*. */
export function clear(what: u32, index: u32): void {
  assert(index < READOUT_LINES, 'a line of the chip');
  assert(what <= READOUT_CLEAR_TAKE_PEAK, 'something that can be cleared');
  if (what == READOUT_CLEAR_STATISTICS) {
    clearStatistics(index);
    return;
  }
  if (what == READOUT_CLEAR_SCOPE) {
    clearScope();
    return;
  }
  const line = lineAt(index);
  takePeak(line);
  if (what == READOUT_CLEAR_TAKE_PEAK) return;
  assert(what == READOUT_CLEAR_COUNTERS, 'there are four');
  line.clippedI = 0;
  line.clippedQ = 0;
  line.highestI = 0;
  line.highestQ = 0;
}

export function figure(which: u32, index: u32): u32 {
  return figureOf(which, index);
}

export function place(which: u32): u32 {
  return placeOf(which);
}
