// Maintains the wanted calibrations, and goes on watching when it is asked to.
//
// What must stay true: a run is on the disk before the next one begins, so Ctrl-C at any moment loses one measurement at most.

import type { CalibrationGraph } from './graph.ts';
import { CalibrationFailure } from './maintain.ts';
import type { CalibrationPlan } from './plan.ts';
import type { RunRecord } from './record.ts';
import {
  type CalibrationRecords,
  calibrate,
  hasOthersCorrections,
  type SessionOptions,
  withoutReset,
} from './session.ts';
import type { Station } from './station.ts';
import { type Doubt, DriftWatch, type WatchedFigure } from './watch.ts';

export interface Work {
  graph: CalibrationGraph;
  plan: CalibrationPlan;
  records: CalibrationRecords;
  station: Station;
  roots: readonly string[];
}

export type Told = Pick<SessionOptions, 'onRun' | 'onRecord' | 'onResume'> & { onDoubt?: (doubt: Doubt) => void };

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

/** Figures of a channel: what a check of its threshold measures. */
const figures = {
  snrDecibels: { nodes: ['resonator', 'threshold'], isLimited: true },
  distanceCodes: { nodes: ['resonator', 'threshold'], isLimited: false },
  middleUnits: { nodes: ['threshold'], isLimited: false },
} as const;

export function watchOf({ plan, graph }: Work, sampleNs: number, falseAlarmNs?: number): DriftWatch {
  const watched = plan.channels
    .filter(({ channel }) => graph.order.includes(`threshold-${channel}`))
    .flatMap(({ channel }) =>
      Object.entries(figures).map(([name, { nodes, isLimited }]): WatchedFigure => {
        const limits = isLimited ? { lowest: plan.limits.snrDecibels, highest: Number.MAX_VALUE } : undefined;
        const ofLine = `gain-${Math.floor(channel / 8)}`;
        return { name: `${name}-${channel}`, limits, nodes: [...nodes.map((node) => `${node}-${channel}`), ofLine] };
      }),
    );
  return new DriftWatch(watched, { sampleNs, falseAlarmNs });
}

export interface WatchLimits {
  sampleNs: number;
  /** Ends by itself after so much time of the device; endless when left out. */
  forNs?: number;
  pause: (milliseconds: number) => Promise<void>;
}

/** Samples, and calibrates what is doubted, until the time is over; what happened. */
export async function watchOn(work: Work, limits: WatchLimits, told: Told) {
  const { station, plan, graph } = work;
  const watch = watchOf(work, limits.sampleNs);
  const channels = plan.channels.filter(({ channel }) => graph.order.includes(`threshold-${channel}`));
  const { ns: begin, boot } = await station.now();
  const seen = { samples: 0, doubts: [] as Doubt[], runs: [] as RunRecord[], failures: [] as CalibrationFailure[] };
  for (let due = begin; limits.forNs === undefined || due - begin < limits.forNs; due += limits.sampleNs) {
    const { start } = await withoutReset(station, boot, 'a pause', async () => undefined);
    if (due > start.ns) await limits.pause((due - start.ns) / 1e6);
    const doubts: Doubt[] = [];
    for (const { channel } of channels) {
      const look = () => station.run(`threshold-${channel}`, 'check');
      const { results } = (await withoutReset(station, boot, `a look at channel ${channel}`, look)).result;
      const values = Object.keys(figures).map((name) => [`${name}-${channel}`, results[name]]);
      doubts.push(...watch.take(due, Object.fromEntries(values)));
    }
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
