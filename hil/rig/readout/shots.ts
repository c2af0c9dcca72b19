// Shots of readout channels on a whole device: a Q1ASM program measures both states of a qubit in turn, each shot into a bin of its own.
//
//   round   marker 3 off: state 0 ─▶ window ─▶ bin 2n        marker 3 on, an ideal pi pulse: state 1 ─▶ window ─▶ bin 2n + 1
//
// The drive begins when the window opens, and lasts longer. Up to six channels are measured at a time, one on each sequencer. What must stay
// true: everything goes through the firmware's sequencers and readout, and over SMP.

import { assembleSequence } from '../../../host/tools/q1/index.ts';
import { configureReadout, readoutState } from '../../../host/tools/smp/readout.ts';
import { type SequencerBin, sequencerBins } from '../../../host/tools/smp/sequencer.ts';
import { SequencerState } from '../../../protocol/q1/status.ts';
import { ReadoutLimit } from '../../../protocol/readout/module.ts';
import type { PulseDevice } from '../pulse/pulse-device.ts';
import type { PulseProgram } from '../pulse/run.ts';

export interface ShotPlan {
  /** line * 8 + tone. */
  channel: number;
  /** From the local oscillator, in whole quarters of a hertz. */
  frequencyHertz: number;
  /** In full scale, 0 to 1. */
  amplitude: number;
}

export interface ShotTiming {
  /** A multiple of 4. */
  lengthNs: number;
  shots: number;
}

/** Means of the demodulated codes of each shot: I and Q in turn, by state. */
export interface Clouds {
  plan: ShotPlan;
  states: readonly [zero: Float64Array, one: Float64Array];
  /** Board's time of the first window. */
  startNs: number;
  /** What the firmware had switched in before the converter when they began. */
  attenuationDecibels: number;
}

const OUTPUT_FULL_SCALE = 32768;
const GAP_NS = 2000;
const FINISH_MS = 1_000_000;

export const amplitudeAsPlayed = (amplitude: number): number =>
  Math.round(amplitude * OUTPUT_FULL_SCALE) / OUTPUT_FULL_SCALE;

/** Measures channels together; at most as many as there are sequencers. `onWait`: after each millisecond of the device. */
export async function measureShots(
  pulse: PulseDevice,
  plans: readonly ShotPlan[],
  timing: ShotTiming,
  onWait?: () => Promise<void>,
): Promise<Clouds[]> {
  const { board, client } = pulse;
  for (const { channel, frequencyHertz } of plans)
    await configureReadout(client, 'FREQUENCY', channel, frequencyHertz * 4);
  const programs = plans.map((plan) => programOf(plan, timing));
  await pulse.load(programs);
  const startNs = board.now;
  const { attenuationDecibels } = await readoutState(client);
  await pulse.start(programs);
  const states = await pulse.finish(programs, FINISH_MS, onWait);
  const unfinished = states.findIndex(({ state }) => state !== SequencerState.STOPPED);
  if (unfinished >= 0)
    throw new Error(`readout: the sequencer of channel ${plans[unfinished].channel} did not finish in ${FINISH_MS} ms`);
  const clouds: Clouds[] = [];
  for (const [core, plan] of plans.entries())
    clouds.push({ plan, startNs, attenuationDecibels, states: cloudsOf(await sequencerBins(client, core, 0), timing) });
  return clouds;
}

function programOf({ channel, frequencyHertz, amplitude }: ShotPlan, { lengthNs, shots }: ShotTiming): PulseProgram {
  const level = Math.round(amplitude * OUTPUT_FULL_SCALE);
  const shot = (marker: number) => [
    `set_mrk ${marker}`,
    `set_awg_offs ${level},0`,
    `acquire 0,R1,${lengthNs}`,
    'set_mrk 0',
    'set_awg_offs 0,0',
    `upd_param ${GAP_NS}`,
    'add R1,1,R1',
  ];
  const lines = [
    `move ${shots},R0`,
    'move 0,R1',
    'wait_sync 100',
    'round: nop',
    ...shot(0),
    ...shot(8),
    'loop R0,@round',
    'stop',
  ];
  const acquisitions = { shots: { num_bins: 2 * shots, index: 0 } };
  const text = JSON.stringify({ program: lines.join('\n'), waveforms: {}, weights: {}, acquisitions });
  const sequence = assembleSequence(text, `channel ${channel}`, 'qblox-qrm');
  const error = sequence.findings.find(({ severity }) => severity === 'error');
  if (error) throw new Error(`readout: the program of channel ${channel} is wrong: ${error.message}`);
  return {
    name: `channel ${channel}`,
    binary: sequence.binary,
    settings: [
      ['INPUT', 1 + channel],
      ['INTEGRATION_LENGTH', lengthNs],
      ['FREQUENCY', frequencyHertz * 4],
    ],
  };
}

function cloudsOf(bins: readonly SequencerBin[], { lengthNs, shots }: ShotTiming): Clouds['states'] {
  const scale = 1 / (ReadoutLimit.SUM_SCALE * lengthNs);
  const states = [new Float64Array(2 * shots), new Float64Array(2 * shots)] as const;
  for (const [bin, { sum0, sum1 }] of bins.entries()) {
    const place = 2 * Math.floor(bin / 2);
    states[bin % 2][place] = sum0 * scale;
    states[bin % 2][place + 1] = sum1 * scale;
  }
  return states;
}
