// Maintains the wanted calibrations, and goes on watching when it is asked to.
//
// What must stay true: a run is on the disk before the next one begins, so Ctrl-C at any moment loses one measurement at most.

import type { CalibrationGraph } from './graph.ts';
import { CalibrationFailure } from './maintain.ts';
import { type CalibrationPlan, lineOf } from './plan.ts';
import { RECORD_FORMAT, type RunRecord, type RunReport } from './record.ts';
import {
  type CalibrationRecords,
  calibrate,
  hasOthersCorrections,
  type SessionOptions,
  withoutReset,
} from './session.ts';
import type { Station } from './station.ts';
import type { ThermometerWatch } from './thermometers.ts';
import { type Doubt, DriftWatch, type WatchedFigure } from './watch.ts';

export interface Work {
  graph: CalibrationGraph;
  plan: CalibrationPlan;
  records: CalibrationRecords;
  station: Station;
  roots: readonly string[];
}

export type Told = Pick<SessionOptions, 'onRun' | 'onRecord' | 'onResume'> & {
  onDoubt?: (doubt: Doubt) => void;
  /** Told what could not be corrected, and why. */
  onThermometers?: (text: string) => void;
};

/** Maintains every root; the runs that were made. What stands on a calibration that failed is not tried: it would fail for the same reason. */
export async function maintainAll(
  work: Work,
  doubted: readonly string[],
  told: Told,
): Promise<{ runs: RunRecord[]; failures: CalibrationFailure[] }> {
  const { graph, records, station, roots } = work;
  const before = records.records.length;
  const failures: CalibrationFailure[] = [];
  const done = new Set<string>();
  const inDoubt = (await hasOthersCorrections(records, station)) ? graph.order : doubted;
  // What was interrupted is ended first: the others would begin sessions of their own.
  const open = records.openSession()?.root;
  const ordered = [...roots].sort((a, b) => Number(b === open) - Number(a === open));
  for (const root of ordered) {
    const below = graph.below(root);
    if (failures.some(({ node }) => below.includes(node))) continue;
    const own = inDoubt.filter((node) => below.includes(node) && !done.has(node));
    try {
      await calibrate(graph, root, records, station, { ...told, doubted: own });
    } catch (error) {
      if (!(error instanceof CalibrationFailure)) throw error;
      failures.push(error);
    }
    for (const node of below) done.add(node);
  }
  return { runs: records.records.slice(before), failures };
}

type PlanLimits = CalibrationPlan['limits'];

/** Figures of a channel: what a check of its threshold measures, between what they must stay, and what is to be looked at when they change. */
export const figures: Readonly<
  Record<
    string,
    {
      nodes: readonly string[];
      limits?: (limits: PlanLimits) => WatchedFigure['limits'];
      change?: (limits: PlanLimits) => WatchedFigure['change'];
    }
  >
> = {
  snrDecibels: {
    nodes: ['resonator', 'threshold'],
    limits: ({ snrDecibels }) => ({ lowest: snrDecibels, highest: Number.MAX_VALUE }),
  },
  // A level that the calibration of the gain accepts is no change.
  distanceCodes: { nodes: ['resonator', 'threshold'], change: ({ gainParts }) => ({ beyond: gainParts }) },
  // A resonator that moves turns the answers of both states. Phases drift all the time, and inside of its limit nothing is done about the axis.
  axisDegrees: {
    nodes: ['resonator', 'threshold'],
    limits: ({ rotationDegrees }) => around(rotationDegrees),
    change: () => 'none',
  },
  thresholdDeviations: { nodes: ['threshold'], limits: ({ thresholdDeviations }) => around(thresholdDeviations) },
};

const around = (most: number) => ({ lowest: -most, highest: most });

export function watchedFigures({ limits }: CalibrationPlan, channels: CalibrationPlan['channels']): WatchedFigure[] {
  return channels.flatMap(({ channel }) =>
    Object.entries(figures).map(([name, { nodes, limits: limitsOf, change }]): WatchedFigure => {
      const own = [...nodes.map((node) => `${node}-${channel}`), `gain-${lineOf(channel)}`];
      return { name: `${name}-${channel}`, limits: limitsOf?.(limits), change: change?.(limits), nodes: own };
    }),
  );
}

export interface WatchLimits {
  sampleNs: number;
  /** Looks from which the watch learns what is usual. */
  training?: number;
  /** Ends by itself after so much time of the device; endless when left out. */
  forNs?: number;
  pause: (milliseconds: number) => Promise<void>;
  /** Watched beside the channels. */
  thermometers?: Pick<ThermometerWatch, 'look'>;
}

export interface Watched {
  samples: number;
  doubts: Doubt[];
  runs: RunRecord[];
  failures: CalibrationFailure[];
}

/** Gain control needs two seconds for each 6 dB, of at most 30. */
const SETTLE_NS = 10e9;

/** Samples, and calibrates what is doubted, until the time is over; what happened. */
export async function watchOn(work: Work, limits: WatchLimits, told: Told): Promise<Watched> {
  const { station, plan, graph } = work;
  const { sampleNs, training, forNs, thermometers } = limits;
  const channels = plan.channels.filter(({ channel }) => graph.order.includes(`threshold-${channel}`));
  const watch = new DriftWatch(watchedFigures(plan, channels), { sampleNs, training });
  const { ns: begin, boot } = await station.now();
  const seen: Watched = { samples: 0, doubts: [], runs: [], failures: [] };
  const nowNs = async () => (await withoutReset(station, boot, 'a pause', async () => undefined)).start.ns;
  const look = async (channel: number) => {
    const check = () => station.run(`threshold-${channel}`, 'check');
    return (await withoutReset(station, boot, `a look at channel ${channel}`, check)).result;
  };
  for (let due = begin; forNs === undefined || due - begin < forNs; due += sampleNs) {
    const now = await nowNs();
    if (due > now) await limits.pause((due - now) / 1e6);
    // A calibration took longer than a sample: what was missed is not made up for.
    else due += sampleNs * Math.floor((now - due) / sampleNs);
    const doubts: Doubt[] = [];
    for (const { channel } of channels) {
      const first = await look(channel);
      // What is new on the line is attenuated by the device itself, if that is given the time.
      if (first.verdict === 'bad_data') await limits.pause(SETTLE_NS / 1e6);
      doubts.push(...doubtsOf(watch, due, channel, first.verdict === 'bad_data' ? await look(channel) : first));
    }
    if (thermometers) seen.runs.push(...(await lookAtThermometers(work, boot, thermometers, told)));
    seen.samples++;
    for (const doubt of doubts) told.onDoubt?.(doubt);
    if (doubts.length === 0) continue;
    const nodes = [...new Set(doubts.flatMap((doubt) => doubt.nodes))];
    const { runs, failures } = await maintainAll(work, nodes, told);
    seen.doubts.push(...doubts);
    seen.runs.push(...runs);
    seen.failures.push(...failures);
    watch.learn(nodes);
  }
  return seen;
}

function doubtsOf(watch: DriftWatch, ns: number, channel: number, { verdict, reason, results }: RunReport): Doubt[] {
  // Figures of such data mean nothing; that they are so does.
  if (verdict === 'bad_data') {
    const nodes = ['resonator', 'threshold'].map((kind) => `${kind}-${channel}`);
    return [{ figure: `threshold-${channel}`, nodes: [...nodes, `gain-${lineOf(channel)}`], kind: 'bad data', reason }];
  }
  const values = Object.keys(figures)
    .filter((name) => results[name] !== undefined)
    .map((name) => [`${name}-${channel}`, results[name]]);
  return watch.take(ns, Object.fromEntries(values));
}

/** A correction of a thermometer has a record like every other: the corrections in force afterwards are then known to be our own. */
async function lookAtThermometers(
  { station, records }: Work,
  boot: number,
  thermometers: Pick<ThermometerWatch, 'look'>,
  told: Told,
): Promise<RunRecord[]> {
  const { start, end, result } = await withoutReset(station, boot, 'a look at the thermometers', () =>
    thermometers.look(),
  );
  if (result === undefined) return [];
  if (typeof result === 'string') {
    told.onThermometers?.(result);
    return [];
  }
  const { channel, by, offset, readings } = result;
  const number = records.nextNumber;
  const record: RunRecord = {
    ...{ format: RECORD_FORMAT, number, session: number, node: `thermometer-${channel}`, kind: 'calibrate' },
    ...{ ...station.identity, start, end, inForce: await station.inForce(), verdict: 'in_spec' },
    reason: `drifted away from the other thermometer of its plate by ${(-by / 1000).toFixed(1)} mK; its offset is ${(offset / 1000).toFixed(1)} mK now`,
    inputs: { channel },
    data: {
      firstMicrokelvin: readings.map(([first]) => first),
      secondMicrokelvin: readings.map(([, second]) => second),
    },
    results: { byMicrokelvin: by, offsetMicrokelvin: offset },
  };
  records.add(record);
  told.onRecord?.(record);
  return [record];
}
