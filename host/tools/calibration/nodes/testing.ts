// For tests of the calibrations: a readout that is the chain's physics and nothing else. The board's own readout is used in hil/test/calibration.
//
// What must stay true: it corrects samples as protocol/calibration/record.ts says, in floating point.

import { nominalState, type ReadoutChain, type SlowState, TONES_A_LINE } from '../../../plant/readout/chain-data.ts';
import { sampleWindow } from '../../../plant/readout/sampler.ts';
import { type CalibrationRecord, decodeCalibration } from '../../calibration-record.ts';
import { type CalibrationPlan, usualLimits, usualTimeouts } from '../plan.ts';
import type { Iq, ReadoutBench, Shots, Tone } from '../readout-bench.ts';

const GAP_NS = 4000;
const ONE = 2 ** 20;

export class ChainReadout implements ReadoutBench {
  readonly slow: SlowState;
  attenuationDecibels = 0;
  /** The device makes up for so much attenuation. */
  gain = 1;
  /** Of the output, in full scale. */
  outputOffset = { i: 0, q: 0 };
  timeNs = 1e9;
  stores = 0;
  private readonly chain: ReadoutChain;
  private record: CalibrationRecord = decodeCalibration(new Uint8Array());

  constructor(chain: ReadoutChain) {
    this.chain = chain;
    this.slow = { ...nominalState(chain) };
  }

  corrections = async (): Promise<CalibrationRecord> => this.record;

  inForce = async (): Promise<string> => String(this.stores);

  async store(record: CalibrationRecord): Promise<void> {
    this.stores++;
    this.record = record;
  }

  async measure(tone: Tone): Promise<Shots> {
    const { gain } = this;
    const result: Shots = { zero: [], one: [], clipped: false, gain };
    for (let shot = 0; shot < tone.shots; shot++)
      for (const state of [0, 1] as const) {
        const { iq, clipped } = this.window(tone, state);
        result[state === 0 ? 'zero' : 'one'].push({ i: gain * iq.i, q: gain * iq.q });
        result.clipped ||= clipped;
      }
    return result;
  }

  private window({ channel, driveHertz, listenHertz = driveHertz, amplitude, windowNs }: Tone, state: 0 | 1) {
    const line = Math.floor(channel / TONES_A_LINE);
    const startNs = this.timeNs;
    this.timeNs += windowNs + GAP_NS;
    const steps = Math.ceil(windowNs / 16);
    const { offset0, offset1 } = this.record.sequencers[0];
    const path0 = amplitude + this.outputOffset.i + offset0 / 32_768;
    const path1 = this.outputOffset.q + offset1 / 32_768;
    const drive = {
      ...{ channel, frequencyQuarterHertz: Math.round(4 * driveHertz), phase: 0, state },
      amplitude: Array.from({ length: 2 * steps }, (_, i) => (i % 2 === 0 ? path0 : path1)),
    };
    const { attenuationDecibels } = this;
    const samples = new Int32Array(2 * windowNs);
    const request = { line, startNs, lengthNs: windowNs, openedNs: startNs, attenuationDecibels, drive: [drive] };
    sampleWindow(this.chain, this.slow, 1, { ...request, source: 'line' }, samples);
    const clipped = samples.some((code) => code > 2047 || code < -2048);
    return { iq: demodulated(samples, listenHertz, this.record.lines[line]), clipped };
  }
}

function demodulated(samples: Int32Array, hertz: number, line: CalibrationRecord['lines'][number]): Iq {
  const count = samples.length / 2;
  const skew = line.skew / ONE;
  const clip = (code: number) => Math.max(-2048, Math.min(2047, code));
  let [i, q] = [0, 0];
  for (let n = 0; n < count; n++) {
    const gain = 1 + line.gain / ONE;
    const re = gain * (clip(samples[2 * n]) - line.offsetI / 256);
    const other = (gain * (clip(samples[2 * n + 1]) - line.offsetQ / 256)) / (1 + line.imbalance / ONE);
    const im = (other + re * Math.sin(skew)) / Math.cos(skew);
    const angle = 2 * Math.PI * (((hertz * n) / 1e9) % 1);
    i += re * Math.cos(angle) + im * Math.sin(angle);
    q += im * Math.cos(angle) - re * Math.sin(angle);
  }
  return { i: i / count, q: q / count };
}

/** A plan for the resonators of a chain, off by `offHertz`. */
export function planOf(chain: ReadoutChain, channels: readonly number[], offHertz = 0): CalibrationPlan {
  return {
    channels: channels.map((channel) => {
      const { offsetHertz, kappaHertz } =
        chain.lines[Math.floor(channel / TONES_A_LINE)].resonators[channel % TONES_A_LINE];
      return { channel, frequencyHertz: offsetHertz + offHertz, amplitude: 0.3, kappaHertz };
    }),
    ...{ windowNs: 1000, quietHertz: 300e6, limits: usualLimits, timeoutNs: usualTimeouts },
  };
}
