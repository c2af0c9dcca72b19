// A readout channel whose shots are drawn from the closed law of its chain, without samples: some hundred times as fast as the chain itself.
//
//   slow state, drift and jumps of the chain at the moment ─▶ means of both states, width of a shot (shotLaw) ─▶ shots, each with its own decay
//
// What must stay true: shots have the distribution of those of the chain (drift-runs.test.ts compares them). 1/f and telegraph noise of the converter are not in
// them, because they are far from the tone; 1/f and telegraph noise of gain, phase and resonators are.

import { Random } from '../../../host/board/random.ts';
import {
  nominalState,
  type ReadoutChain,
  type ReadoutWindow,
  TONES_A_LINE,
} from '../../../host/plant/readout/chain-data.ts';
import { shotLaw } from '../../../host/plant/readout/predict.ts';
import type { Complex } from '../../../host/plant/readout/resonator.ts';
import { stateFor } from '../../../host/plant/readout/sampler.ts';
import { Normal } from '../../../host/tools/calibration/drift/testing.ts';
import type { Iq, ReadoutBench, Shots, Tone } from '../../../host/tools/calibration/readout-bench.ts';
import { type CalibrationRecord, decodeCalibration } from '../../../host/tools/calibration-record.ts';

export class LawReadout implements ReadoutBench {
  /** When the next shots are taken; they take no time. */
  timeNs = 0;
  private readonly chain: ReadoutChain;
  private readonly seed: number;
  private readonly random: Random;
  private readonly normal: Normal;
  private record: CalibrationRecord = decodeCalibration(new Uint8Array());

  constructor(chain: ReadoutChain, seed: number) {
    this.chain = chain;
    this.seed = seed;
    this.random = new Random(seed);
    this.normal = new Normal(this.random);
  }

  corrections = async (): Promise<CalibrationRecord> => this.record;

  inForce = async (): Promise<string> => 'law';

  async store(record: CalibrationRecord): Promise<void> {
    this.record = record;
  }

  async measure({ channel, driveHertz, amplitude, windowNs, shots }: Tone): Promise<Shots> {
    const line = Math.floor(channel / TONES_A_LINE);
    const quarters = Math.round(4 * driveHertz);
    const drive = { channel, frequencyQuarterHertz: quarters, phase: 0, amplitude: [amplitude, 0], state: 0 as const };
    const window: ReadoutWindow = {
      ...{ line, startNs: this.timeNs, openedNs: this.timeNs, lengthNs: windowNs, source: 'line' },
      ...{ attenuationDecibels: 0, drive: [drive] },
    };
    const state = stateFor(this.chain, nominalState(this.chain), this.seed, window);
    const { zero, one, deviationCodes } = shotLaw(state, window);
    const settled = one(Number.POSITIVE_INFINITY);
    const { t1Ns } = state.resonators[channel % TONES_A_LINE];
    const noisy = ({ re, im }: Complex): Iq => ({
      i: re + deviationCodes * this.normal.next(),
      q: im + deviationCodes * this.normal.next(),
    });
    const result: Shots = { zero: [], one: [], clipped: false, gain: 1 };
    for (let shot = 0; shot < shots; shot++) {
      const decayNs = -t1Ns * Math.log(1 - this.random.fraction());
      result.zero.push(noisy(zero));
      result.one.push(noisy(decayNs < windowNs ? one(decayNs) : settled));
    }
    return result;
  }
}
