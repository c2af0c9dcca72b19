// The readout's own module: two converter lines, up to eight tones each, demodulated and integrated in fixed point.
//
// It is no task of the management core but the logic of hardware beside it: a converter gives two samples a nanosecond. So it has a memory of its own
// (layout.ts), no bus, and no time of its own. It travels inside the signed firmware image (custom section coldrig.readout), and the chip runs it from there. The
// rules of an image hold for it as well: integers, fixed memory, nothing allocated, no recursion. What must stay true: it keeps no state in globals.

import { configureReadout } from './configure';
import { figureOf, placeOf } from './figures';
import { checkLayout, globals } from './layout';
import { feedWindow, openWindow } from './window';

/** Called once, on zeroed memory. */
export function reset(): void {
  checkLayout();
  assert(globals().length == 0, 'memory is zero at a reset');
}

/** 1 when it was set, 0 when it was refused. */
export function configure(item: u32, setting: u32, value: u32): u32 {
  return configureReadout(item, setting, value) ? 1 : 0;
}

/** A window opens. */
export function open(channel: u32, phase: u32, length: u32): void {
  openWindow(channel, phase, length);
}

/** The next `count` samples of the window stand in their place. */
export function feed(count: u32): void {
  feedWindow(count);
}

export function figure(which: u32, index: u32): u32 {
  return figureOf(which, index);
}

export function place(which: u32): u32 {
  return placeOf(which);
}
