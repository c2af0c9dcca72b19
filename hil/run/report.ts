// A run of scenarios as JSON and as JUnit XML. Keys keep their names and meanings.

import { junitXml } from '../../host/tools/junit.ts';
import { timeText } from '../rig/time.ts';
import type { EndedScenario, RunReport } from './run-scenarios.ts';
import { scenarioEnding } from './settings.ts';

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
  const cases = scenarios.map((each) => ({
    ...{ group: each.module.slice(0, -scenarioEnding.length).replaceAll('/', '.'), name: each.name },
    ...{ file: each.module, line: each.line, seconds: each.seconds, output: outputOf(each) },
    skipped: each.verdict === 'skipped' ? (each.reason ?? '') : undefined,
    failures: each.verdict === 'failed' ? [failureOf(each)] : [],
  }));
  const failures = scenarios.filter(({ verdict }) => verdict === 'failed').length;
  return junitXml({ title: 'coldrig hil', name: 'scenarios', seconds, failures, cases });
}

function outputOf({ measurements, notes = [], printed }: EndedScenario): string {
  const measured = measurements.map((each) => `${each.name}: ${each.value} ${each.unit}`);
  const noted = notes.map(({ timeNs, text }) => `${timeText(timeNs)}: ${text}`);
  return [...measured, ...noted, ...(printed === undefined ? [] : [printed])].join('\n');
}

/** A list of failures shows the first line alone, so what was expected and seen is in it. */
function failureOf({ message = '', facts }: EndedScenario) {
  const short = facts && `${facts.what}: expected ${facts.expected}; seen: ${facts.seen}`;
  return { type: 'scenario', message: short ?? message.split('\n')[0], text: message };
}
