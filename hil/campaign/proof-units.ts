// A proof as the units of a campaign: unit i of n is what `coldrig prove … --shard i/n --json` prints, so results merge as shards do.

import { fromJson, toJson } from '../prove/json.ts';
import { inOrder, mergeResults } from '../prove/merge.ts';
import type { OwnGuests, PartResult, ProofOptions } from '../prove/proof.ts';
import { loadProof } from '../prove/proofs.ts';
import { type ProofResult, resultOf } from '../prove/result.ts';
import { partsOfShard, type ReadyProof, readyProof } from '../prove/run.ts';
import { ProofThread } from '../prove/thread.ts';
import type { Plan } from './plan.ts';
import type { UnitResult } from './state.ts';
import type { UnitBench } from './worker.ts';

/** The options of a plan of this kind. Guests of one's own are named by their files: every worker has them where it runs. */
export interface ProofUnits extends Omit<ProofOptions, 'own'> {
  proof: string;
  image?: string;
  key?: string;
  bootloader?: string;
}

/** Reads the files that a plan names; nothing where it names none. */
export type ReadOwn = (files: Pick<ProofUnits, 'image' | 'key' | 'bootloader'>) => OwnGuests | undefined;

function proofOf(given: ProofUnits, readOwn: ReadOwn): { proof: string; options: ProofOptions } {
  const { proof, image, key, bootloader, ...options } = given;
  return { proof, options: { ...options, own: readOwn({ image, key, bootloader }) } };
}

/** `units`: as many as the proof has parts, or fewer. */
export async function planProof(
  given: ProofUnits,
  readOwn: ReadOwn,
  units: number | undefined,
  signal: AbortSignal,
): Promise<Plan> {
  const { proof, options } = proofOf(given, readOwn);
  const ready = await readyProof(proof, options, signal);
  const most = ready.parts.length;
  return {
    ...{ format: 1, kind: 'proof', units: Math.min(units ?? most, most), proved: await ready.proved },
    // Without what is left out, because it goes through JSON.
    options: JSON.parse(JSON.stringify(given)),
  };
}

export async function openProofUnits(plan: Plan, readOwn: ReadOwn, signal: AbortSignal): Promise<UnitBench> {
  const { proof, options } = proofOf(plan.options as unknown as ProofUnits, readOwn);
  const usedBefore = process.cpuUsage();
  const ready = await readyProof(proof, options, signal);
  return new ProofUnitBench(plan, options, ready, await ready.proved, usedBefore);
}

class ProofUnitBench implements UnitBench {
  readonly proved: UnitBench['proved'];
  private readonly plan: Plan;
  private readonly options: ProofOptions;
  private readonly ready: ReadyProof;
  private readonly all = new Set<ProofThread>();
  private readonly idle: ProofThread[] = [];
  private used: NodeJS.CpuUsage;

  constructor(
    plan: Plan,
    options: ProofOptions,
    ready: ReadyProof,
    proved: UnitBench['proved'],
    used: NodeJS.CpuUsage,
  ) {
    this.plan = plan;
    this.options = options;
    this.ready = ready;
    this.proved = proved;
    this.used = used;
  }

  async run(unit: number): Promise<string> {
    const { plan, options, ready, proved } = this;
    const shard = { number: unit, of: plan.units };
    const began = performance.now();
    const parts: PartResult[] = [];
    const thread = this.idle.pop() ?? this.newThread();
    try {
      for (const part of partsOfShard(ready.parts, shard)) parts.push(await thread.run(part, () => {}));
    } catch (error) {
      // It may be in any state, so the next unit gets another one.
      this.all.delete(thread);
      await thread.end();
      throw error;
    }
    this.idle.push(thread);
    const seconds = (performance.now() - began) / 1000;
    const spent = { seconds, coreSeconds: seconds, processorSeconds: this.usedSince() };
    return JSON.stringify(toJson(resultOf(ready.proof, options, parts, { ...spent, shard, proved })));
  }

  async close(): Promise<void> {
    await Promise.all([...this.all].map((thread) => thread.end()));
  }

  private newThread(): ProofThread {
    const { proof } = this.plan.options as unknown as ProofUnits;
    const thread = new ProofThread({ proof, options: this.options });
    this.all.add(thread);
    return thread;
  }

  /** Processor time of the process since the unit before, so that the sum over all units is that of the workers, their start included. */
  private usedSince(): number {
    const { user, system } = process.cpuUsage(this.used);
    this.used = process.cpuUsage();
    return (user + system) / 1e6;
  }
}

/** The result of the whole proof; `seconds` is the wall time of the campaign. */
export async function mergeProofUnits(
  plan: Plan,
  results: readonly UnitResult[],
  seconds: number,
): Promise<ProofResult> {
  const { proof } = plan.options as unknown as ProofUnits;
  const named = results.map(({ unit, text }) => ({ name: `unit ${unit}`, result: fromJson(text) }));
  return { ...inOrder(mergeResults(named), (await loadProof(proof)).scenarios), seconds };
}
