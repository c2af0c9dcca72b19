// What a campaign can be made of: a row for each kind of units. A row says how `coldrig campaign submit` is told of it, how a worker runs its
// units, and what their results are together.

import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { Command } from 'commander';
import type { Plan } from '../../hil/campaign/plan.ts';
import { mergeProofUnits, openProofUnits, type ProofUnits, planProof } from '../../hil/campaign/proof-units.ts';
import { CampaignError } from '../../hil/campaign/queue.ts';
import {
  mergeScenarioUnits,
  openScenarioUnits,
  planScenarios,
  type ScenarioUnits,
} from '../../hil/campaign/scenario-units.ts';
import type { UnitResult } from '../../hil/campaign/state.ts';
import type { UnitBench } from '../../hil/campaign/worker.ts';
import { proofs } from '../../hil/prove/proofs.ts';
import { hilEnding, withChoice } from '../commands/hil.ts';
import { ownGuests, proofEnding, withExtent, withOwnGuests } from '../commands/prove.ts';
import { writeOutput } from '../files.ts';
import type { Result } from '../result.ts';

/** A campaign that is to be made. */
export interface Wish {
  /** When the user gives it none. */
  usualName: string;
  /** `units`: how many at most; as many as there can be when it is left out. */
  plan(units: number | undefined, signal: AbortSignal): Promise<Plan>;
}

export interface KindOfUnits {
  name: string;
  /** Subcommands of `submit`, each with its own options, and what is wished by them. */
  commands(): { command: Command; wish(options: Record<string, unknown>, words: string[]): Wish }[];
  open(plan: Plan, signal: AbortSignal): Promise<UnitBench>;
  /** The same as one machine prints and writes at its end. `seconds`: wall time of the campaign. */
  report(plan: Plan, results: readonly UnitResult[], seconds: number, junit: string | undefined): Promise<Result>;
}

const proofKind: KindOfUnits = {
  name: 'proof',
  commands: () =>
    proofs.map(({ name: proof, about }) => ({
      command: withOwnGuests(withExtent(new Command(proof).description(`prove ${proof}: ${about}`))),
      wish: ({ seed, scenario, canary, slice, image, key, bootloader }) => ({
        usualName: `${proof}${slice ? '-slice' : ''}-${seed}`,
        plan: (units, signal) => {
          const effort = slice ? 'slice' : 'full';
          const given = { proof, seed, effort, scenario, canary, image, key, bootloader } as ProofUnits;
          return planProof(given, ownGuests, units, signal);
        },
      }),
    })),
  open: (plan, signal) => openProofUnits(plan, ownGuests, signal),
  report: async (plan, results, seconds, junit) => proofEnding(await mergeProofUnits(plan, results, seconds), junit),
};

const scenarioKind: KindOfUnits = {
  name: 'scenarios',
  commands: () => [
    {
      command: withChoice(new Command('hil').description('run the scenarios of the project in this folder')),
      wish: ({ seed, effort, image, key, bootloader }, [pattern]) => ({
        usualName: `hil${pattern === undefined ? '' : `-${pattern.replace(/[^\w-]+/g, '-')}`}-${seed ?? 1}`,
        plan: (units) => planScenarios({ pattern, seed, effort, image, key, bootloader } as ScenarioUnits, units),
      }),
    },
  ],
  open: openScenarioUnits,
  report: async (_plan, results, seconds, junit) => {
    const { report, files } = mergeScenarioUnits(results, seconds);
    for (const [path, bytes] of files) {
      mkdirSync(dirname(path), { recursive: true });
      writeOutput(path, bytes, 'what a failure left');
    }
    return hilEnding(report, junit);
  },
};

export const kinds: readonly KindOfUnits[] = [proofKind, scenarioKind];

export function kindOf({ kind }: Plan): KindOfUnits {
  const found = kinds.find(({ name }) => name === kind);
  if (found) return found;
  throw new CampaignError(
    'FOREIGN_PLAN',
    `its units are of kind '${kind}', which this version of coldrig does not know; it knows ${kinds.map(({ name }) => name).join(', ')}`,
  );
}
