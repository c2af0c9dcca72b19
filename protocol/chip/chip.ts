// The whole chip: its peripherals in address order.

import { acquisition } from './acquisition.ts';
import { activity } from './activity.ts';
import { attest } from './attest.ts';
import { clock } from './clock.ts';
import { dac } from './dac.ts';
import { dma } from './dma.ts';
import { flash } from './flash.ts';
import { frontend } from './frontend.ts';
import { fuses } from './fuses.ts';
import { heaters } from './heaters.ts';
import { intc } from './intc.ts';
import { interlock } from './interlock.ts';
import { markers } from './markers.ts';
import { multiplexer } from './multiplexer.ts';
import { outputs } from './outputs.ts';
import { rails } from './rails.ts';
import { readout } from './readout.ts';
import { recorder } from './recorder.ts';
import { reset } from './reset.ts';
import { retained } from './retained.ts';
import { sequencer } from './sequencer.ts';
import type { Peripheral } from './svd.ts';
import { thermometry } from './thermometry.ts';
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
  retained,
  attest,
  sequencer,
  dac,
  markers,
  acquisition,
  multiplexer,
  readout,
  thermometry,
  heaters,
  rails,
  clock,
  frontend,
  activity,
  interlock,
];

/** The core runs at 250 MHz: one cycle is 4 ns, the step of the sequencer cores. */
export const nanosecondsPerCycle = 4;
