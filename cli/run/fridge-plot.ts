// Draws a run in a fridge as curves over time: the temperature of each stage, and the power of the controller with its budget.

import { type Chart, lineChart, type Panel } from '../../host/tools/chart.ts';
import type { Sample, WatchedFridge } from './fridge.ts';

export function fridgePlot({ name, samples, marks, cryostat }: WatchedFridge): string {
  const stages: string[] = [...cryostat.stages];
  const seriesOf = (names: string[]) =>
    names.map((stage) => ({
      name: stage,
      points: samples.map(({ seconds, temperatures }) => [seconds, temperatures[stage]] as const),
    }));
  const cold = stages.filter((stage) => stage !== '50K' && stage !== '4K');
  const panels: Panel[] = [
    {
      label: '4K (K), and the readings of the chip’s two thermometers there',
      scale: 'linear',
      series: [...thermometerSeries(samples), ...seriesOf(['4K'])],
    },
    ...(cold.length > 0 ? [{ label: 'below (K)', scale: 'log', series: seriesOf(cold) } as const] : []),
    { label: '50K (K)', scale: 'linear', series: seriesOf(['50K']) },
    {
      label: 'power of the controller (mW)',
      scale: 'linear',
      series: [powerSeries('estimated', samples, ({ powerMilliwatts }) => powerMilliwatts)],
      levels: budgetLevel(samples),
    },
    ...faultPanel(samples),
  ];
  const chart: Chart = {
    title: `controller in ${name}`,
    xLabel: 'virtual time (s)',
    panels,
    marks: marks.map(({ seconds, text }) => ({ x: seconds, text })),
  };
  return lineChart(chart);
}

/** Drawn together with the plate itself, so that a drift is visible. */
function thermometerSeries(samples: Sample[]) {
  const names = Object.keys(samples[0]?.thermometers ?? {});
  return names.map((name) => ({
    name,
    points: samples.map(({ seconds, thermometers }) => [seconds, thermometers[name]] as const),
  }));
}

/** The heat of faults on the stages, when there is any. */
function faultPanel(samples: Sample[]): Panel[] {
  const stages = [...new Set(samples.flatMap(({ faultMilliwatts }) => Object.keys(faultMilliwatts)))];
  const series = stages.map((stage) => ({
    name: `on ${stage}`,
    points: samples.map(({ seconds, faultMilliwatts }) => [seconds, faultMilliwatts[stage] ?? 0] as const),
  }));
  return series.length === 0 ? [] : [{ label: 'heat from faults (mW)', scale: 'linear', series }];
}

function powerSeries(name: string, samples: Sample[], value: (sample: Sample) => number) {
  return { name, points: samples.map((sample) => [sample.seconds, value(sample)] as const) };
}

/** The budget as a line, when the power came near it. */
function budgetLevel(samples: Sample[]): { y: number; text: string }[] {
  const least = Math.min(...samples.map(({ budgetMilliwatts }) => budgetMilliwatts).filter((budget) => budget > 0));
  const most = Math.max(...samples.map(({ powerMilliwatts }) => powerMilliwatts));
  return Number.isFinite(least) && most > least / 3 ? [{ y: least, text: 'budget' }] : [];
}
