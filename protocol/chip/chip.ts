// The whole chip: its peripherals in address order.

import { dma } from './dma.ts';
import { flash } from './flash.ts';
import { fuses } from './fuses.ts';
import { intc } from './intc.ts';
import { outputs } from './outputs.ts';
import { recorder } from './recorder.ts';
import { reset } from './reset.ts';
import type { Peripheral } from './svd.ts';
import { timer } from './timer.ts';
import { uart0, uart1 } from './uart.ts';
import { watchdog } from './watchdog.ts';

export const peripherals: Peripheral[] = [
  flash,
  reset,
  watchdog,
  timer,
  fuses,
  uart0,
  uart1,
  recorder,
  dma,
  intc,
  outputs,
];

/** The core runs at 250 MHz: one cycle is 4 ns, the step of the sequencer cores. */
export const nanosecondsPerCycle = 4;
