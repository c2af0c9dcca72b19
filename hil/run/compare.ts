// The same scenarios on two images: figure by figure, what is other, and whether a person should look at it.

import type { RunFigures } from '../rig/scenario/chronicle-data.ts';

/** A change of so much of the baseline's figure is worth a look. */
export const NOTABLE_SHARE = 0.05;

export interface Difference {
  name: string;
  unit: string;
  value: number;
  baseline: number;
  /** Share of the baseline's figure, with its sign; null where that is 0 and this is not. */
  change: number | null;
  /** By `NOTABLE_SHARE` or more. */
  isNotable: boolean;
  /** In the direction that nobody wants. */
  isWorse: boolean;
}

interface Compared {
  figure: Exclude<keyof RunFigures, 'leastSlackTask'>;
  name: string;
  unit: string;
  /** More of it is better. */
  isGood?: true;
}

export const comparedFigures: readonly Compared[] = [
  { figure: 'cycles', name: 'cycles of the core', unit: 'cycles' },
  { figure: 'leastSlackUs', name: 'least slack of a task', unit: 'us', isGood: true },
  { figure: 'heatMillijoules', name: 'heat of the chip at 4 K', unit: 'mJ' },
  { figure: 'heatMilliwatts', name: 'mean power of the chip at 4 K', unit: 'mW' },
  { figure: 'flashErases', name: 'sectors erased', unit: 'sectors' },
  { figure: 'flashPrograms', name: 'writes to flash', unit: 'writes' },
  { figure: 'bootMs', name: 'longest boot', unit: 'ms' },
];

/** A figure that one of the runs does not have is left out. */
export function differencesOf(figures: RunFigures, baseline: RunFigures): Difference[] {
  return comparedFigures.flatMap(({ figure, name, unit, isGood }) => {
    const [value, before] = [figures[figure], baseline[figure]];
    if (value === null || before === null) return [];
    const more = value - before;
    const change = more === 0 ? 0 : before === 0 ? null : more / Math.abs(before);
    const isNotable = change === null || Math.abs(change) >= NOTABLE_SHARE;
    return [{ name, unit, value, baseline: before, change, isNotable, isWorse: isGood ? more < 0 : more > 0 }];
  });
}

/** `+12.3 %`, or that there was none of it. */
export function changeText({ change }: Difference): string {
  if (change === null) return 'was 0';
  return change === 0 ? 'same' : `${change > 0 ? '+' : '−'}${Math.abs(100 * change).toFixed(1)} %`;
}
