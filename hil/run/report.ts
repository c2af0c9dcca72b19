// A run of scenarios as JSON and as JUnit XML. Keys keep their names and meanings.

import { junitXml } from '../../host/tools/junit.ts';
import { timeText } from '../rig/time.ts';
import type { EndedScenario, RunReport } from './run-scenarios.ts';
import { scenarioEnding } from './settings.ts';

export function jsonOf({ scenarios, seconds, interrupted }: RunReport): object {
  const count = (verdict: string) => scenarios.filter((each) => each.verdict === verdict).length;
  return {
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    seconds,
    ...(interrupted && { interrupted }),
    scenarios: scenarios.map(figuresOnly),
  };
}

/** The timeline is for the report of a person. */
function figuresOnly({ chronicle, ...rest }: EndedScenario): object {
  return { ...rest, ...(chronicle && { figures: chronicle.figures }) };
}

/** A run that was interrupted has a case of its own that failed: without it, a list of what passed would look like all. */
export function junitOf({ scenarios, seconds, interrupted }: RunReport): string {
  const cases = scenarios.map((each) => ({
    ...{ group: each.module.slice(0, -scenarioEnding.length).replaceAll('/', '.'), name: each.name },
    ...{ file: each.module, line: each.line, seconds: each.seconds, output: outputOf(each) },
    skipped: each.verdict === 'skipped' ? (each.reason ?? '') : undefined,
    failures: each.verdict === 'failed' ? [failureOf(each)] : [],
  }));
  const failed = scenarios.filter(({ verdict }) => verdict === 'failed').length;
  const message = `interrupted after ${scenarios.length} scenarios; the others were not run, or not to their end`;
  const interruption = {
    ...{ group: 'coldrig.hil', name: 'interrupted', seconds: 0, file: undefined, line: undefined, output: '' },
    ...{ skipped: undefined, failures: [{ type: 'interruption', message, text: message }] },
  };
  const all = interrupted ? [...cases, interruption] : cases;
  return junitXml({
    ...{ title: 'coldrig hil', name: 'scenarios', seconds },
    ...{ failures: failed + (all.length - cases.length), cases: all },
  });
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
