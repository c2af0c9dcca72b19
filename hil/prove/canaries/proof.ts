// `coldrig prove canaries`: the proof can fail. Each bootloader that was broken on purpose goes through the part of the slice that must catch it; in
// the full proof also through the slices of all other proofs, to list which of them catch it, too.

import type { Bench, OtherProofs, Part, PartResult, Proof, ProofOptions, Violation } from '../proof.ts';
import { partsOf } from '../proof.ts';
import { bootloaderFor, canaries, canaryByName } from './canaries.ts';
import type { Canary } from './canary.ts';

/** The result of a canary with --json. */
export interface Caught {
  name: string;
  /** The proof that caught it, and where; undefined when none did. */
  caughtBy: string | undefined;
  scenario: string;
  point: string | undefined;
  invariant: string | undefined;
  /** Other proofs whose slice catches it, too; only in the full proof. */
  alsoBy: string[] | undefined;
}

export const canariesProof: Proof = {
  name: 'canaries',
  refuses: {
    image: 'it breaks sources of ours on purpose, to see that the proofs notice it',
    bootloader: 'it breaks sources of ours on purpose, to see that the proofs notice it',
  },
  scenarios: canaries,
  parts: (options) =>
    partsOf(
      canaries.map(({ name }) => ({ name, weight: 1, parts: 1 })),
      options,
    ),
  prepare: async ({ scenario }, signal) => {
    for (const { name } of canaries) {
      if (scenario !== undefined && scenario !== name) continue;
      await bootloaderFor({ canary: name });
      // Each compilation may take seconds, and nothing else happens meanwhile. In this turn of the event loop Ctrl-C is handled.
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
  },
  open: async (options, others) => new CanaryBench(options, others),
  extra: (facts) => ({ canaries: facts }),
};

class CanaryBench implements Bench {
  private readonly options: ProofOptions;
  private readonly proofs: OtherProofs;
  /** Whether a proof catches what is broken, by both. */
  private readonly known = new Map<string, Promise<boolean>>();

  constructor(options: ProofOptions, others: OtherProofs) {
    this.options = options;
    this.proofs = others;
  }

  async run({ scenario: name }: Part): Promise<PartResult> {
    const canary = canaryByName(name);
    const { proof, scenario } = canary.caughtBy;
    const { points, found } = await this.release(canary, proof, scenario);
    const [first] = found as (Violation | undefined)[];
    const alsoBy = this.options.effort === 'full' ? await this.others(canary) : undefined;
    const caught: Caught = {
      ...{ name, caughtBy: first && proof, scenario, point: first?.point, invariant: first?.invariant },
      alsoBy,
    };
    const violations = first ? [] : [escaped(canary)];
    return { scenario: name, points, violations, counts: {}, facts: [caught] };
  }

  private release({ name: canary }: Canary, proof: string, scenario: string) {
    return this.proofs.run(proof, { ...this.own, canary, scenario });
  }

  private async others(canary: Canary): Promise<string[]> {
    const names: string[] = [];
    for (const name of this.proofs.names) {
      if (name === canariesProof.name || name === canary.caughtBy.proof) continue;
      if (await this.catches(name, canary)) names.push(name);
    }
    return names;
  }

  /** Canaries of which a proof runs the same guests and the same harness have one result. */
  private catches(proof: string, canary: Canary): Promise<boolean> {
    const isIn = canary.breaks !== 'firmware' || this.proofs.ofFirmware.includes(proof);
    const { changes, blindTo, breaks } = isIn ? canary : sound;
    const key = JSON.stringify([proof, breaks, changes, blindTo]);
    const known =
      this.known.get(key) ?? this.proofs.catches(proof, { ...this.own, ...(isIn && { canary: canary.name }) });
    this.known.set(key, known);
    return known;
  }

  private get own() {
    return { seed: this.options.seed, effort: 'slice', stopAtFirst: true } as const;
  }
}

/** Nothing is broken. */
const sound: Pick<Canary, 'changes' | 'blindTo' | 'breaks'> = { changes: [] };

function escaped({ name, caughtBy: { proof, scenario } }: Canary): Violation {
  const text = `it went through '${scenario}' of the slice of prove ${proof} without a violation`;
  return { scenario: name, point: 'all', invariant: 'caught', text, choices: [], log: [] };
}
