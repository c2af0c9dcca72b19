// The drift watch: figures of a device, one sample after the other, each with a detector of changes and a predictor of when its limit is passed.
//
//   figure ─▶ learns what it is like (trainNoise) ─▶ detector: it changed      ─┐
//                                              └──▶ predictor: it will pass  ─┴─▶ doubt: these calibrations are to be looked at
//
// A change is worth a look only where a calibration may do something about it. Electronics drift a little all the time (1/f): no learning makes a series of it
// whose changes are rare. So a figure says what is no change: less than what its calibrations accept. What must stay true: all times are passed in, in the time
// of the device. A figure that was doubted is learnt anew, because after a calibration it is another one. A figure that never varies is not judged by the detector.

import { type DetectorLimits, DriftDetector, limitsFor, WEEK_NS } from './drift/detector.ts';
import { DriftPredictor, type Limits } from './drift/predict.ts';
import { trainNoise } from './drift/whiten.ts';

export interface WatchedFigure {
  name: string;
  /** Its limits; undefined where only a change counts. */
  limits?: Limits;
  /** What counts as a change: all when left out; more than this part of what was learnt; or none, where the limits say all. */
  change?: { beyond: number } | 'none';
  /** Calibrations to be looked at when it changes. */
  nodes: readonly string[];
}

export interface WatchOptions {
  /** Time between two samples. */
  sampleNs: number;
  /** Samples from which a figure is learnt. */
  training?: number;
  /** One false alarm in this time, of all figures together. */
  falseAlarmNs?: number;
}

export interface Doubt {
  figure: string;
  nodes: readonly string[];
  /** In words: what was seen, since when. */
  reason: string;
  kind: 'drift' | 'jump' | 'limit' | 'prediction' | 'bad data';
}

const USUAL_TRAINING = 100;
/** A calibration is asked for so many samples before the limit is passed. */
const LEAD_SAMPLES = 5;
const HORIZON_SAMPLES = 1000;

export class DriftWatch {
  private readonly figures: Map<string, Watched>;

  constructor(figures: readonly WatchedFigure[], options: WatchOptions) {
    const { sampleNs, training = USUAL_TRAINING, falseAlarmNs = WEEK_NS } = options;
    // All figures together raise one false alarm in that time.
    const limits = limitsFor(sampleNs, falseAlarmNs * Math.max(1, figures.length));
    const setting = { sampleNs, training, limits };
    this.figures = new Map(figures.map((figure) => [figure.name, new Watched(figure, setting)]));
  }

  /** The figures of one moment; what is to be looked at, if anything. Unknown names are an error. */
  take(ns: number, values: Readonly<Record<string, number>>): Doubt[] {
    return Object.entries(values).flatMap(([name, value]) => {
      const figure = this.figures.get(name);
      if (!figure)
        throw new Error(`watch: there is no figure ${name}; there are ${[...this.figures.keys()].join(', ')}`);
      return figure.take(ns, value) ?? [];
    });
  }

  /** Learns the figures of these calibrations anew. */
  learn(nodes: readonly string[]): void {
    for (const watched of this.figures.values())
      if (watched.figure.nodes.some((node) => nodes.includes(node))) watched.learn();
  }

  /** How many figures are learnt already. */
  get learnt(): number {
    return [...this.figures.values()].filter(({ isLearnt }) => isLearnt).length;
  }
}

interface Setting {
  sampleNs: number;
  training: number;
  limits: DetectorLimits;
}

class Watched {
  readonly figure: WatchedFigure;
  private readonly setting: Setting;
  private samples: number[] = [];
  private detector: DriftDetector | undefined;
  private predictor: DriftPredictor | undefined;
  isLearnt = false;

  constructor(figure: WatchedFigure, setting: Setting) {
    this.figure = figure;
    this.setting = setting;
    this.predictor = figure.limits && new DriftPredictor(figure.limits);
  }

  learn(): void {
    this.samples = [];
    this.isLearnt = false;
    this.detector = undefined;
    this.predictor = this.figure.limits && new DriftPredictor(this.figure.limits);
  }

  take(ns: number, value: number): Doubt | undefined {
    const { name, nodes, limits } = this.figure;
    const doubt = (kind: Doubt['kind'], reason: string): Doubt => {
      this.learn();
      return { figure: name, nodes, kind, reason: `${name} ${reason}` };
    };
    if (limits && (value < limits.lowest || value > limits.highest))
      return doubt('limit', `is ${shown(value)}, outside of ${shown(limits.lowest)} to ${shown(limits.highest)}`);
    this.predictor?.take(ns, value);
    if (!this.isLearnt) return this.train(value);
    const alarm = this.detector?.take(value);
    if (alarm?.kind === 'jump')
      return doubt('jump', `jumped ${alarm.side} to ${shown(value)} (${alarm.z.toFixed(1)} deviations)`);
    if (alarm) return doubt('drift', `drifts ${alarm.side} since ${alarm.age} samples and is ${shown(value)} now`);
    return this.predicted(ns, doubt);
  }

  private train(value: number): undefined {
    this.samples.push(value);
    if (this.samples.length < this.setting.training) return;
    this.isLearnt = true;
    this.detector = detectorOf(this.figure, this.samples, this.setting.limits);
  }

  private predicted(ns: number, doubt: (kind: Doubt['kind'], reason: string) => Doubt): Doubt | undefined {
    const { sampleNs } = this.setting;
    const passesAtNs = this.predictor?.predict(HORIZON_SAMPLES * sampleNs)?.passesAtNs;
    if (passesAtNs === undefined || passesAtNs > ns + LEAD_SAMPLES * sampleNs) return undefined;
    return doubt('prediction', `may pass its limit in ${((passesAtNs - ns) / 1e9).toFixed(1)} s`);
  }
}

/** What judges the changes of a figure that was learnt from these samples, if anything does. */
export function detectorOf(
  { change }: Pick<WatchedFigure, 'change'>,
  samples: readonly number[],
  limits: DetectorLimits,
): DriftDetector | undefined {
  if (change === 'none' || samples.every((sample) => sample === samples[0])) return undefined;
  const model = trainNoise(samples);
  return new DriftDetector(model, limits, change && change.beyond * Math.abs(model.level));
}

const shown = (value: number): string => (Number.isFinite(value) ? value.toPrecision(4) : '-');
