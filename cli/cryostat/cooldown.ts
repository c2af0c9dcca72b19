// A cooldown from room temperature, as figures, table and chart.

import { Cryostat } from '../../host/plant/cryostat/cryostat.ts';
import type { Fridge } from '../../host/plant/cryostat/fridge.ts';
import { NoRest } from '../../host/plant/cryostat/solve.ts';
import type { StageName } from '../../host/plant/cryostat/stages.ts';
import { lineChart } from '../../host/tools/chart.ts';
import { table } from '../terminal.ts';
import { kelvinText } from './budget-text.ts';

export interface Moment {
  hour: number;
  temperatureKelvin: Partial<Record<StageName, number>>;
  flowMolPerSecond: number;
}

export interface CooldownCourse {
  /** When every stage came within a quarter of its base temperature and stayed there; null if it did not. */
  hoursToBase: number | null;
  course: Moment[];
}

const MINUTES_A_SAMPLE = 5;
const MINUTE_NS = 60_000_000_000;
const NEAR = 0.25;

/** A step is a sample; it yields the hour. */
export function* cooldown(fridge: Fridge, lengthNs: number, seed: number): Generator<number, CooldownCourse> {
  const cryostat = new Cryostat(fridge, { seed, start: 'warm' });
  const course: Moment[] = [];
  for (let timeNs = 0; timeNs <= lengthNs; timeNs += MINUTES_A_SAMPLE * MINUTE_NS) {
    cryostat.advanceTo(timeNs);
    const temperatureKelvin = Object.fromEntries(
      cryostat.stages.map((stage) => [stage, cryostat.temperatureKelvin(stage)]),
    );
    course.push({ hour: timeNs / MINUTE_NS / 60, temperatureKelvin, flowMolPerSecond: cryostat.flowMolPerSecond });
    yield timeNs / MINUTE_NS / 60;
  }
  return { hoursToBase: hoursToBase(course, baseOf(fridge, seed)), course };
}

/** Undefined for a fridge that never comes to rest. */
function baseOf(fridge: Fridge, seed: number): Cryostat | undefined {
  try {
    return new Cryostat(fridge, { seed });
  } catch (error) {
    if (error instanceof NoRest) return undefined;
    throw error;
  }
}

function hoursToBase(course: readonly Moment[], atBase: Cryostat | undefined): number | null {
  if (atBase === undefined) return null;
  const isNear = ({ temperatureKelvin }: Moment) =>
    atBase.stages.every((stage) => {
      const now = temperatureKelvin[stage] as number;
      return Math.abs(now / atBase.temperatureKelvin(stage) - 1) < NEAR;
    });
  const lastAway = course.findLastIndex((moment) => !isNear(moment));
  return course[lastAway + 1]?.hour ?? null;
}

export function cooldownText(fridge: Fridge, { hoursToBase: hours, course }: CooldownCourse): string {
  const names = fridge.stages.map(({ name }) => name);
  const every = Math.max(1, Math.round(course.length / 18));
  const rows = course
    .filter((_, i) => i % every === 0)
    .map(({ hour, temperatureKelvin }) => [
      hour.toFixed(1),
      ...names.map((name) => kelvinText(temperatureKelvin[name] as number)),
    ]);
  const end = hours === null ? 'not at base by the end' : `at base after ${hours.toFixed(1)} h`;
  return `${table([['hour', ...names], ...rows])}\n\n${fridge.name}: ${end}`;
}

export function cooldownChart(fridge: Fridge, { course, hoursToBase: hours }: CooldownCourse): string {
  const names = fridge.stages.map(({ name }) => name);
  const series = names.map((name) => ({
    name,
    points: course.map(({ hour, temperatureKelvin }) => [hour, temperatureKelvin[name] as number] as const),
  }));
  const flow = course.map(({ hour, flowMolPerSecond }) => [hour, flowMolPerSecond * 1e3] as const);
  const hasFlow = flow.some(([, value]) => value > 0);
  return lineChart({
    title: `${fridge.name}: from room temperature to base`,
    xLabel: 'time (h)',
    panels: [
      { label: 'temperature (K)', scale: 'log', series },
      { label: 'temperature (K), the warm part', scale: 'linear', series },
      ...(hasFlow
        ? [{ label: 'flow (mmol/s)', scale: 'linear', series: [{ name: 'helium-3', points: flow }] } as const]
        : []),
    ],
    marks: hours === null ? [] : [{ x: hours, text: `at base, ${hours.toFixed(1)} h` }],
  });
}
