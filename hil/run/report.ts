// A run of scenarios as JSON and as JUnit XML. Keys keep their names and meanings.

import { junitXml } from '../../host/tools/junit.ts';
import type { EndedScenario, RunReport } from './run-scenarios.ts';

export function jsonOf({ scenarios, seconds }: RunReport): object {
  const count = (verdict: string) => scenarios.filter((each) => each.verdict === verdict).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    seconds,
    scenarios: scenarios.map(figuresOnly),
  };
}

/** The timeline is for the report of a person. */
function figuresOnly({ chronicle, ...rest }: EndedScenario): object {
  return { ...rest, ...(chronicle && { figures: chronicle.figures }) };
}

export function junitOf({ scenarios, seconds }: RunReport): string {
  const cases = scenarios.map(({ name, module, verdict, reason, message = '', measurements, seconds }) => ({
    ...{ group: module.replace(/\.scenario\.ts$/, '').replaceAll('/', '.'), name, seconds },
    output: measurements.map((each) => `${each.name}: ${each.value} ${each.unit}`).join('\n'),
    skipped: verdict === 'skipped' ? (reason ?? '') : undefined,
    failures: verdict === 'failed' ? [{ type: 'scenario', message: message.split('\n')[0], text: message }] : [],
  }));
  const failures = scenarios.filter(({ verdict }) => verdict === 'failed').length;
  return junitXml({ title: 'coldrig hil', name: 'scenarios', seconds, failures, cases });
}
