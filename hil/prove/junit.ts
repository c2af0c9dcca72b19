// Writes a proof's result as JUnit XML, which CI systems show: one test case per scenario, one failure per violation.

import { invariants } from './invariants.ts';
import type { FoundViolation, ProofResult } from './result.ts';

export function junitOf(result: ProofResult): string {
  const { proof, scenarios, violations, seconds } = result;
  const cases = scenarios.map(({ name, points }) => {
    const found = result.found.filter(({ scenario }) => scenario === name);
    const share = result.points === 0 ? 0 : (seconds * points) / result.points;
    const head = `    <testcase classname="prove.${proof}" name="${xml(name)}" time="${share.toFixed(3)}">`;
    return [head, `      <system-out>${points} points</system-out>`, ...found.map(failureOf), '    </testcase>'];
  });
  const counts = `tests="${scenarios.length}" failures="${violations}" errors="0" time="${seconds.toFixed(3)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="coldrig prove" ${counts}>`,
    `  <testsuite name="prove ${proof}" ${counts}>`,
    ...cases.flat(),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function failureOf({ invariant, point, text, replay, choices, log }: FoundViolation): string {
  const body = [text, `replay: ${replay}`, `choices: ${choices.join(', ')}`, ...log].join('\n');
  const message = `broken at ${point}: ${invariants[invariant]}`;
  return `      <failure type="${invariant}" message="${xml(message)}">${xml(body)}</failure>`;
}

function xml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  // XML 1.0 allows no control characters other than a newline here.
  return text.replace(/[^\n\P{Cc}]/gu, '').replace(/[&<>"]/g, (character) => entities[character]);
}
