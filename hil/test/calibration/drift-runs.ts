// The drift watch on the noise of a readout chain: seeded runs, each the looks of a watch at one channel, ten seconds apart.
//
//   100 looks: what is usual is learnt ─▶ CUSUM at h = 4 and 5: looks until an alarm, without a shift and with one
//                                    └──▶ DriftWatch as the product has it: its first doubt, without a change and with one
//
// A look is a check of a threshold (the product's own code) on shots that are drawn from the law of the chain. A shift is added to a figure from the first
// look after the learning on, in deviations of the 100 looks; a change is one of the channel, in its own units. What must stay true: a run is a function of
// noise and seed.

import type { Drift, ReadoutChain, ResonatorData } from '../../../host/plant/readout/chain-data.ts';
import { Cusum } from '../../../host/tools/calibration/drift/cusum.ts';
import { trainNoise, Whitener } from '../../../host/tools/calibration/drift/whiten.ts';
import { thresholdNode } from '../../../host/tools/calibration/nodes/channel-nodes.ts';
import type { CalibrationPlan } from '../../../host/tools/calibration/plan.ts';
import { planOfChain } from '../../../host/tools/calibration/plan-of-chain.ts';
import { type Doubt, DriftWatch } from '../../../host/tools/calibration/watch.ts';
import { figures, watchedFigures } from '../../../host/tools/calibration/work.ts';
import { openReadout } from '../../../host/tools/readout/open-readout.ts';
import { LawReadout } from './law-readout.ts';

export const SAMPLE_NS = 10e9;
export const TRAINING = 100;
/** Looks of a run after the learning. */
export const WATCHED = 600;
export const hs = [4, 5] as const;
export const shifts = [0, 0.5, 1, 2] as const;
export const figureNames = Object.keys(figures);
const CHANNEL = 0;

const still: Drift = { deviation: 0, perHour: 0 };
const of = (deviation: number): Drift => ({ deviation, perHour: 0 });

/** The chain of the preset with other drift of its gain, phase and resonators, and other jumps of its resonators. */
function chainWith(
  gainDrift: Drift,
  phaseDriftTurns: Drift,
  resonator: Pick<ResonatorData, 'drift' | 'jumpHertz' | 'jumpNs'>,
) {
  const chain = openReadout('uts');
  const lines = chain.lines.map((line) => ({
    ...{ ...line, gainDrift, phaseDriftTurns },
    resonators: line.resonators.map((each) => ({ ...each, ...resonator })),
  }));
  return { ...chain, lines };
}

const noJumps = { jumpHertz: 0, jumpNs: 1e9 };

/** Kinds of noise of the chain, and what is in them. */
export const noises: Readonly<Record<string, { about: string; chain: ReadoutChain }>> = {
  white: {
    about: 'the noise of shots alone: nothing in the chain drifts or jumps',
    chain: chainWith(still, still, { drift: still, ...noJumps }),
  },
  uts: {
    about: 'the preset `uts` as it is: gain 0.03 dB, phase 0.5°, resonators 5 kHz and jumps of 10 kHz every 3,000 s',
    chain: openReadout('uts'),
  },
  '1/f': {
    about: 'five times the drift of `uts`: gain 0.15 dB, phase 2.5°, resonators 25 kHz, from a minute to 17 hours',
    chain: chainWith(of(0.15), of(2.5 / 360), { drift: of(25e3), ...noJumps }),
  },
  telegraph: {
    about: 'resonators that jump by 20 kHz every 300 s, and nothing else',
    chain: chainWith(still, still, { drift: still, jumpHertz: 20e3, jumpNs: 300e9 }),
  },
};

/** Looks until the alarm of each detector of a figure, in the order of `detectors`; 0 where there was none. */
export type FigureRun = readonly number[];

/** h by h and shift by shift as the product whitens; h by h without whitening. */
export const detectors = [
  ...hs.flatMap((h) => shifts.map((shift) => ({ h, shift, isWhitened: true }))),
  ...hs.map((h) => ({ h, shift: 0, isWhitened: false })),
];

type Values = Readonly<Record<string, number>>;

/** What happens to the channel from the first look after the learning on; `looks`: how many have passed since then. */
export const changes: readonly { about: string; change: (values: Values, looks: number) => Values }[] = [
  { about: 'nothing', change: (values) => values },
  ...[2, 3, 5, 10].map((percent) => ({
    about: `level ${percent} % lower`,
    change: (values: Values) => ({ ...values, distanceCodes: values.distanceCodes * (1 - percent / 100) }),
  })),
  {
    about: 'level falls by 0.1 % a look',
    change: (values, looks) => ({ ...values, distanceCodes: values.distanceCodes * 0.999 ** looks }),
  },
  {
    about: 'SNR 1 dB lower',
    change: (values) => ({ ...values, snrDecibels: values.snrDecibels - 1 }),
  },
  {
    about: 'axis turned by 6°',
    change: (values) => ({ ...values, axisDegrees: values.axisDegrees + 6 }),
  },
  {
    about: 'axis turns by 0.05° a look',
    change: (values, looks) => ({ ...values, axisDegrees: values.axisDegrees + 0.05 * looks }),
  },
];

export interface Run {
  figures: Record<string, FigureRun>;
  /** The first doubt of the whole watch, for each of `changes`; null where there was none. Looks count from the first one after the learning on. */
  doubts: ({ look: number; kind: Doubt['kind']; figure: string } | null)[];
}

export const noiseNames = Object.keys(noises);

/** The figures of a channel, look by look. */
export async function* looks(noise: string, seed: number): AsyncGenerator<Record<string, number>, never> {
  const { chain } = noises[noise];
  const plan = planOfChain(chain, [CHANNEL]);
  const bench = new LawReadout(chain, seed);
  const node = thresholdNode(plan.channels[0], plan.timeoutNs.threshold);
  const situation = async () => ({ bench, plan, record: await bench.corrections(), before: undefined });
  const first = await situation();
  await bench.store(node.correct(first, await node.measure(first, 'calibrate')));
  for (;;) {
    bench.timeNs += SAMPLE_NS;
    const { results } = await node.measure(await situation(), 'check');
    yield Object.fromEntries(figureNames.map((name) => [name, results[name]]));
  }
}

export async function driftRun(noise: string, seed: number): Promise<Run> {
  const source = looks(noise, seed);
  const seen: Values[] = [];
  while (seen.length < TRAINING + WATCHED) seen.push((await source.next()).value);
  return {
    figures: Object.fromEntries(figureNames.map((name) => [name, alarmsOf(seen.map((values) => values[name]))])),
    doubts: changes.map(({ change }) => firstDoubt(seen, change)),
  };
}

const watched = ((plan: CalibrationPlan) => watchedFigures(plan, plan.channels))(
  planOfChain(openReadout('uts'), [CHANNEL]),
);
/** Its limits take long to calculate, so that all runs share it. */
const sharedWatch = new DriftWatch(watched, { sampleNs: SAMPLE_NS, training: TRAINING });

/** Of DriftWatch over the figures of one channel. */
function firstDoubt(seen: readonly Values[], change: (typeof changes)[number]['change']): Run['doubts'][number] {
  sharedWatch.learn(watched.flatMap(({ nodes }) => nodes));
  for (const [i, values] of seen.entries()) {
    const look = i + 1 - TRAINING;
    const changed = look > 0 ? change(values, look) : values;
    const named = figureNames.map((name) => [`${name}-${CHANNEL}`, changed[name]]);
    const [doubt] = sharedWatch.take(i * SAMPLE_NS, Object.fromEntries(named));
    if (doubt) return { look, kind: doubt.kind, figure: doubt.figure.replace(`-${CHANNEL}`, '') };
  }
  return null;
}

/** All detectors of one figure beside each other: looks until their alarms. */
function alarmsOf(values: readonly number[]): FigureRun {
  const learnt = values.slice(0, TRAINING);
  const model = trainNoise(learnt);
  const deviation = Math.sqrt(learnt.reduce((sum, value) => sum + (value - model.level) ** 2, 0) / learnt.length);
  return detectors.map(({ h, shift, isWhitened }) => {
    const by = shift * deviation;
    const cusum = new Cusum(h);
    const whitener = new Whitener(model);
    const isAlarm = (value: number): boolean =>
      cusum.take(isWhitened ? whitener.take(value + by) : (value + by - model.level) / deviation) !== undefined;
    return values.slice(TRAINING).findIndex(isAlarm) + 1;
  });
}
