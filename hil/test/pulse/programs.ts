// Programs the tests of the sequencers share: small, and each about one thing.

import { assembleSequence } from '../../../host/tools/q1/index.ts';
import type { PulseProgram, Setting } from '../../rig/pulse/run.ts';

/** Full scale, as a level of the input. */
const fullScale = 16384;

/** `lints`: false for what is to be wrong on purpose. */
export function program(name: string, text: string, settings: Setting[] = [], lints = true): PulseProgram {
  // The profile that has both instruction sets: a program is of the one it says or shows.
  const sequence = assembleSequence(text, name, 'cryo-hrl');
  const errors = sequence.findings.filter(({ severity }) => severity === 'error');
  if (lints && errors.length > 0) throw new Error(`${name}: ${errors.map(({ message }) => message).join('; ')}`);
  return { name, binary: sequence.binary, settings };
}

/** A sequence with a waveform of 100 samples, a weight of 100 ns and an acquisition of `bins` bins. */
export function sequence(name: string, text: string, settings: Setting[] = [], bins = 16, lints = true): PulseProgram {
  const ramp = Array.from({ length: 100 }, (_, index) => index / 100);
  const parts = {
    program: text,
    waveforms: { ramp: { data: ramp, index: 0 }, step: { data: Array(40).fill(0.5), index: 1 } },
    weights: { flat: { data: Array(100).fill(0.5), index: 0 }, short: { data: Array(60).fill(0.25), index: 1 } },
    acquisitions: { qubit: { num_bins: bins, index: 0 } },
  };
  return program(name, JSON.stringify(parts), settings, lints);
}

/** What the input shows: 1 is a level at full scale on path 0, 0 is silence. */
export function responses(states: number[]): Setting[] {
  return [
    ...states.map((state, index): Setting => ['RESPONSE', state * fullScale, index]),
    ['RESPONSE_COUNT', states.length],
  ];
}

/** Measures `rounds` times, 2 us apart, and sends a trigger on address 1 whenever the qubit is in 1. */
export function measuring(states: number[], address = 1): PulseProgram {
  const text = `
      move ${states.length},R0
      move 0,R1
      wait_sync 100
shot: set_awg_offs 8000,0
      upd_param 20
      set_awg_offs 0,0
      acquire 0,R1,300
      add R1,1,R1
      upd_param 1680
      loop R0,@shot
      stop`;
  return sequence(`measures-${address}`, text, [
    ['INTEGRATION_LENGTH', 200],
    ['THRESHOLD', 50],
    ['TRIGGER_ENABLE', 1],
    ['TRIGGER_ADDRESS', address],
    ...responses(states),
  ]);
}

/** Plays a pi pulse 700 ns into each round of `measuring`, if the qubit was in 1: active reset. */
export function resetting(rounds: number): PulseProgram {
  const text = `
      move ${rounds},R0
      wait_sync 100
      set_latch_en 1,4
shot: latch_rst 696
      set_cond 1,1,0,100
      set_awg_gain 16384,0
      play 0,1,100
      set_cond 0,0,0,4
      upd_param 1204
      loop R0,@shot
      stop`;
  return sequence('resets', text, [['COUNT_THRESHOLD', 1, 0]]);
}
