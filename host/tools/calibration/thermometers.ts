// Two thermometers of one plate: when one walks away from the other it is calibrated anew against it, before the device stops trusting both.
//
//   difference of both ──> learnt, whitened ──> CUSUM: they drift apart        ──┐
//                     └──> a line through the last ones: it will pass the limit ──┴─> which one left its own level? ──> its offset in the calibration record
//
// A plate that warms moves both alike, which says nothing about either. What must stay true: nothing is corrected when it is not clear which one drifts; the
// device's interlocks measure without these offsets.

import { CalThermometer } from '../../../protocol/calibration/record.ts';
import { Channel } from '../../../protocol/plant/places.ts';
import { Filter } from '../../../protocol/plant/sensors.ts';
import { decodeCalibration, encodeCalibration } from '../calibration-record.ts';
import { readThermometers } from '../smp/cryo.ts';
import type { RequestOptions, SmpClient } from '../smp/index.ts';
import { readCalibration, storeCalibration } from '../smp/readout.ts';
import { type DetectorLimits, DriftDetector, limitsFor } from './drift/detector.ts';
import { DriftPredictor } from './drift/predict.ts';
import { type NoiseModel, trainNoise } from './drift/whiten.ts';

/** What is to be done: `by` microkelvin added to the offset of the first (0) or the second (1). */
export interface PairCorrection {
  which: 0 | 1;
  by: number;
  /** What it was decided from: the last readings of both, in microkelvin. */
  readings: readonly (readonly [first: number, second: number])[];
}

/** It was seen that both drift apart, and not which one drifts. */
export const UNCLEAR = 'unclear';

const USUAL_TRAINING = 100;
/** The last samples, whose mean is what is corrected. */
const RECENT = 8;
/** One has moved so many times as far as the other, or it is not clear which one drifts. */
const CLEARLY = 2;
/** The device trusts both while they differ by no more. */
const apart = Filter.DISAGREE_MICROKELVIN;
/** A correction is asked for so many samples before. */
const LEAD_SAMPLES = 20;

export class PairWatch {
  private readonly training: number;
  private readonly limits: DetectorLimits;
  private readonly sampleNs: number;
  private readonly predictor = new DriftPredictor({ lowest: -apart, highest: apart });
  private count = 0;
  private samples: (readonly [number, number])[] = [];
  private learnt: { model: NoiseModel; levels: readonly [number, number] } | undefined;
  private detector: DriftDetector | undefined;
  /** An alarm was raised; enough samples are waited for. */
  private isApart = false;

  constructor(sampleNs: number, training = USUAL_TRAINING) {
    this.training = training;
    this.sampleNs = sampleNs;
    this.limits = limitsFor(sampleNs);
  }

  get isLearnt(): boolean {
    return this.learnt !== undefined;
  }

  /** The next reading of both, in microkelvin. */
  take(first: number, second: number): PairCorrection | typeof UNCLEAR | undefined {
    this.samples.push([first, second]);
    this.predictor.take(++this.count * this.sampleNs, second - first);
    if (!this.learnt) {
      if (this.samples.length === this.training) this.learn();
      return undefined;
    }
    if (this.samples.length > RECENT) this.samples.shift();
    if (this.detector?.take(second - first) || this.willPart()) this.isApart = true;
    return this.isApart && this.samples.length === RECENT ? this.judge(this.learnt.levels) : undefined;
  }

  private willPart(): boolean {
    return this.predictor.predict(LEAD_SAMPLES * this.sampleNs)?.passesAtNs !== undefined;
  }

  private learn(): void {
    const model = trainNoise(this.samples.map(([first, second]) => second - first));
    this.learnt = { model, levels: meansOf(this.samples) };
    this.watchAnew();
    this.samples = [];
  }

  private judge(levels: readonly [number, number]): PairCorrection | typeof UNCLEAR {
    const now = meansOf(this.samples);
    const moved = [now[0] - levels[0], now[1] - levels[1]];
    const parted = moved[1] - moved[0];
    const sizes = moved.map(Math.abs);
    if (Math.max(...sizes) < CLEARLY * Math.min(...sizes)) {
      // The plate has moved meanwhile: what is usual is learnt again.
      [this.learnt, this.samples, this.isApart] = [undefined, [], false];
      return UNCLEAR;
    }
    const readings = this.samples;
    // After the correction the difference is what it was: what was learnt holds on.
    this.watchAnew();
    const which = sizes[1] > sizes[0] ? 1 : 0;
    return { which, by: Math.round(which === 1 ? -parted : parted), readings };
  }

  private watchAnew(): void {
    if (this.learnt) this.detector = new DriftDetector(this.learnt.model, this.limits);
    this.predictor.reset();
    this.samples = [];
    this.isApart = false;
  }
}

const meansOf = (samples: readonly (readonly [number, number])[]): [number, number] => {
  const mean = (which: 0 | 1) => samples.reduce((sum, sample) => sum + sample[which], 0) / samples.length;
  return [mean(0), mean(1)];
};

/** What was stored: the channel of the thermometer, and its whole offset in microkelvin. */
export interface StoredCorrection extends PairCorrection {
  channel: number;
  offset: number;
}

/** The thermometers of the 4 K plate. */
export const platePair: readonly [number, number] = [Channel.PLATE_4K, Channel.PLATE_4K_B];

/** Watches both on a device, and stores what has to be corrected. */
export class ThermometerWatch {
  private readonly client: SmpClient;
  private readonly watch: PairWatch;

  constructor(client: SmpClient, sampleNs: number, training?: number) {
    this.client = client;
    this.watch = new PairWatch(sampleNs, training);
  }

  /** Looks once; what was corrected, or why nothing could be. While a thermometer cannot be read nothing is looked at. */
  async look(options?: RequestOptions): Promise<StoredCorrection | string | undefined> {
    const [first, second] = await this.read(options);
    if (first === 0 || second === 0) return undefined;
    const found = this.watch.take(first, second);
    if (found === undefined) return undefined;
    if (found === UNCLEAR)
      return 'both thermometers of the 4 K plate drift apart, and it is not clear which one; they are learnt anew';
    return this.correct(found, options);
  }

  private async read(options?: RequestOptions): Promise<[number, number]> {
    const thermometers = await readThermometers(this.client, options);
    const readsOf = (channel: number) => thermometers.find((each) => each.channel === channel)?.readsMicrokelvin ?? 0;
    return [readsOf(platePair[0]), readsOf(platePair[1])];
  }

  private async correct(found: PairCorrection, options?: RequestOptions): Promise<StoredCorrection | string> {
    const { sequence, payload } = await readCalibration(this.client, options);
    const record = decodeCalibration(payload);
    const channel = platePair[found.which];
    const offset = record.thermometerOffsets[channel] + found.by;
    if (Math.abs(offset) > CalThermometer.OFFSET_MOST)
      return `thermometer ${channel} would need an offset of ${offset} uK; a record holds at most ${CalThermometer.OFFSET_MOST}: replace it`;
    record.thermometerOffsets[channel] = offset;
    await storeCalibration(this.client, encodeCalibration(record), sequence, options);
    return { ...found, channel, offset };
  }
}
