// Writes a proof's result as JUnit XML: one test case per scenario, one failure per violation.

import { junitXml } from '../../host/tools/junit.ts';
import { invariants } from './invariants.ts';
import type { FoundViolation, ProofResult } from './result.ts';

export function junitOf(result: ProofResult): string {
  const { proof, scenarios, violations, seconds } = result;
  const cases = scenarios.map(({ name, points }) => ({
    ...{ group: `prove.${proof}`, name, output: `${points} points` },
    seconds: result.points === 0 ? 0 : (seconds * points) / result.points,
    failures: result.found.filter(({ scenario }) => scenario === name).map(failureOf),
  }));
  return junitXml({ title: 'coldrig prove', name: `prove ${proof}`, seconds, failures: violations, cases });
}

function failureOf({ invariant, point, text, replay, choices, log }: FoundViolation) {
  const body = [text, `replay: ${replay}`, `choices: ${choices.join(', ')}`, ...log].join('\n');
  return { type: invariant, message: `broken at ${point}: ${invariants[invariant]}`, text: body };
}
