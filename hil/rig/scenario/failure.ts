// How a scenario ends other than well: it failed, or it cannot run here.

import { timeText } from '../time.ts';

export interface FailureFacts {
  /** Virtual time, nanoseconds since the scenario began. */
  timeNs: number;
  what: string;
  expected: string;
  seen: string;
  /** The last entries of the log, oldest first. */
  trace: string[];
}

/** What was expected is not so. The message has the virtual time, what was expected, what was seen and the last entries of the log. */
export class ScenarioFailure extends Error {
  readonly facts: FailureFacts;

  constructor(facts: FailureFacts) {
    super(failureText(facts));
    this.name = 'ScenarioFailure';
    this.facts = facts;
  }
}

export function failureText({ timeNs, what, expected, seen, trace }: FailureFacts): string {
  const lines = [
    `${timeText(timeNs)} (${timeNs} ns) of virtual time: ${what}`,
    `  expected: ${expected}`,
    `  seen:     ${seen}`,
  ];
  if (trace.length > 0) lines.push('  before that:', ...trace.map((line) => `    ${line}`));
  return lines.join('\n');
}

/** The scenario needs what this target or this command line does not give; it is skipped, and the message is the reason. */
export class CannotRun extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'CannotRun';
  }
}
