// All checks of a program before it is uploaded.

import { type ProfileName, profiles } from '../../../../protocol/q1/profiles.ts';
import type { Program } from '../assemble.ts';
import { byPlace, type Finding } from '../findings.ts';
import type { SequenceParts } from '../sequence-file.ts';
import { conditionLeftOn, otherwiseWaits, triggerSettles, unbalancedConditions } from './conditions.ts';
import { deprecatedInstructions } from './deprecated.ts';
import { flowOf } from './flow.ts';
import { neverCommitted } from './latched.ts';
import { type ForProfile, memoryLimits, moduleLimits } from './memory.ts';
import { negativeNumbers } from './numbers.ts';
import { runsOffTheEnd, unreachableCode } from './paths.ts';
import { binsInRange, missingReferences } from './references.ts';
import { knownValues, readAfterWrite } from './registers.ts';
import { about, type LintRule } from './rule.ts';

const rules: LintRule[] = [
  memoryLimits,
  readAfterWrite,
  knownValues,
  unreachableCode,
  runsOffTheEnd,
  conditionLeftOn,
  unbalancedConditions,
  triggerSettles,
  otherwiseWaits,
  neverCommitted,
  negativeNumbers,
  deprecatedInstructions,
  missingReferences,
  binsInRange,
];

/** Findings in the order of the lines. */
export function lint(program: Program, parts: SequenceParts, profileName: ProfileName): Finding[] {
  const flow = flowOf(program);
  const subject = { program, parts, profile: profiles[profileName], profileName, flow, constants: flow.constants };
  return rules.flatMap((rule) => rule(subject)).sort(byPlace);
}

/** Errors of programs that run together, one per sequencer. Errors of a single program are not repeated. */
export function lintTogether(sequences: ForProfile[]): Finding[] {
  const most = Math.max(0, ...sequences.map(({ profile }) => profiles[profile].sequencers));
  const findings = moduleLimits(sequences);
  if (sequences.length <= most) return findings;
  return [...findings, about('error', 'SEQUENCERS', `${sequences.length} programs: there are ${most} sequencers`)];
}
