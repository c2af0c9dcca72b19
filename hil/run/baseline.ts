// Puts the run of a baseline image beside that of the image under test, scenario by scenario.

import { differencesOf } from './compare.ts';
import type { EndedScenario, RunReport } from './run-scenarios.ts';

/** The report of an image, each scenario with how it ended on the baseline. */
export function besideBaseline(report: RunReport, { scenarios }: RunReport): RunReport {
  const before = new Map(scenarios.map((each) => [`${each.module} ${each.name}`, each]));
  const both = report.scenarios.map((each): EndedScenario => {
    const other = before.get(`${each.module} ${each.name}`);
    if (other === undefined) return each;
    const { verdict, measurements } = other;
    const figures = [each.chronicle?.figures, other.chronicle?.figures] as const;
    // A run that failed ended earlier, so its figures say nothing beside those of one that passed.
    const isComparable = verdict === each.verdict;
    const differences = isComparable && figures[0] && figures[1] ? differencesOf(figures[0], figures[1]) : undefined;
    return { ...each, baseline: { verdict, measurements, ...(differences && { differences }) } };
  });
  return { ...report, scenarios: both };
}
