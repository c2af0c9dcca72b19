// A run in a fridge as curves over time: each stage, and what the controller took against what it might.

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
    { label: '4K (K)', scale: 'linear', series: seriesOf(['4K']) },
    ...(cold.length > 0 ? [{ label: 'below (K)', scale: 'log', series: seriesOf(cold) } as const] : []),
    { label: '50K (K)', scale: 'linear', series: seriesOf(['50K']) },
    {
      label: 'power (mW)',
      scale: 'linear',
      series: [powerSeries('estimated', samples, ({ powerMilliwatts }) => powerMilliwatts)],
      levels: budgetLevel(samples),
    },
  ];
  const chart: Chart = {
    title: `controller in ${name}`,
    xLabel: 'virtual time (s)',
    panels,
    marks: marks.map(({ seconds, text }) => ({ x: seconds, text })),
  };
  return lineChart(chart);
}

function powerSeries(name: string, samples: Sample[], value: (sample: Sample) => number) {
  return { name, points: samples.map((sample) => [sample.seconds, value(sample)] as const) };
}

/** The budget as a line, where the power came near it. */
function budgetLevel(samples: Sample[]): { y: number; text: string }[] {
  const least = Math.min(...samples.map(({ budgetMilliwatts }) => budgetMilliwatts).filter((budget) => budget > 0));
  const most = Math.max(...samples.map(({ powerMilliwatts }) => powerMilliwatts));
  return Number.isFinite(least) && most > least / 3 ? [{ y: least, text: 'budget' }] : [];
}
