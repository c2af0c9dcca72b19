// Everything that can be said about a program before it is uploaded.

import { type ProfileName, profiles } from '../../../../protocol/q1/profiles.ts';
import type { Program } from '../assemble.ts';
import { byPlace, type Finding } from '../findings.ts';
import type { SequenceParts } from '../sequence-file.ts';
import { conditionLeftOn, otherwiseWaits, triggerSettles, unbalancedConditions } from './conditions.ts';
import { flowOf } from './flow.ts';
import { memoryLimits } from './memory.ts';
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
  missingReferences,
  binsInRange,
];

/** Findings in the order of the lines. */
export function lint(program: Program, parts: SequenceParts, profileName: ProfileName): Finding[] {
  const flow = flowOf(program);
  const subject = { program, parts, profile: profiles[profileName], profileName, flow, constants: flow.constants };
  return rules.flatMap((rule) => rule(subject)).sort(byPlace);
}

/** Whether the programs fit together into a memory that sequencers share; undefined when they do. */
export function lintTogether(programs: Program[], profileName: ProfileName): Finding | undefined {
  const { sharedInstructions, instructions, sequencers } = profiles[profileName];
  if (programs.length > sequencers) {
    return about('error', 'SEQUENCERS', `${programs.length} programs: ${profileName} has ${sequencers} sequencers`);
  }
  const total = programs.reduce((sum, program) => sum + program.instructions.length, 0);
  if (!sharedInstructions || total <= instructions) return undefined;
  const message = `${total} instructions in all programs together: ${profileName} holds ${instructions} for all its sequencers`;
  return about('error', 'PROGRAM_MEMORY', message);
}
