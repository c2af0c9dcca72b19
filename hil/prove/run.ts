// Runs a proof: its parts handed to threads one after the other, or all of them in this thread.
//
//   prepare once -> threads open their benches -> each takes the next part -> results, in the order of the parts
//
// What must stay true: threads and shards decide when and where a part runs, never its result.

import { availableParallelism } from 'node:os';
import { chooseSubject } from './attack/subject.ts';
import type { Bench, OnPartProgress, OtherProofs, Part, PartResult, Proof, ProofOptions } from './proof.ts';
import { loadProof, proofs } from './proofs.ts';
import { type Proved, provedBy } from './provenance.ts';
import { type ProofResult, resultOf, type Shard } from './result.ts';
import { ProofThread, type WorkerTask } from './thread.ts';
import { UnknownName } from './unknown-name.ts';

export interface RunOptions extends ProofOptions {
  /** Number of worker threads; default: one per processor core. 0: everything runs in this thread. */
  threads?: number;
  shard?: Shard;
  onProgress?: (progress: RunProgress) => void;
  /** Ends the run, which then throws the signal's reason. */
  signal?: AbortSignal;
}

export interface RunProgress {
  /** From 0 to 1. */
  share: number;
  points: number;
  violations: number;
  /** Time threads have spent on parts. */
  coreSeconds: number;
  threads: number;
}

/** A proof that can begin: what it needs is compiled. */
export interface ReadyProof {
  proof: Proof;
  parts: Part[];
  proved: Promise<Proved>;
}

export async function readyProof(name: string, options: ProofOptions, signal?: AbortSignal): Promise<ReadyProof> {
  const proof = await loadProof(name);
  refuseGuests(proof, options);
  await proof.prepare?.(options, signal);
  const proved = provedBy(proof, options);
  const parts = await proof.parts(options);
  // A signal that was aborted before somebody listened to it sends no event.
  signal?.throwIfAborted();
  return { proof, parts, proved };
}

export function partsOfShard(parts: readonly Part[], { number, of }: Shard): Part[] {
  return parts.filter((_, index) => index % of === number - 1);
}

export async function runProof(name: string, options: RunOptions): Promise<ProofResult> {
  const { threads = availableParallelism(), shard, onProgress, signal, ...own } = options;
  const usedBefore = process.cpuUsage();
  const { proof, parts: all, proved } = await readyProof(name, own, signal);
  const parts = shard ? partsOfShard(all, shard) : all;
  const began = performance.now();
  const count = Math.min(threads, parts.length);
  const tally = new Tally(parts, Math.max(count, 1), onProgress);
  const results =
    count === 0 ? await inThisThread(proof, own, parts, tally) : await inThreads(proof.name, own, parts, tally, signal);
  if (own.point !== undefined && results.every(({ points }) => points === 0))
    throw new UnknownName(`${own.scenario ?? name}: it has no point called '${own.point}'`);
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(usedBefore);
  const spent = { seconds, coreSeconds: tally.coreSeconds, processorSeconds: (user + system) / 1e6 };
  return resultOf(proof, own, results, { ...spent, shard, proved: await proved });
}

const others: OtherProofs = {
  names: proofs.map(({ name }) => name),
  ofFirmware: proofs.flatMap(({ name, ofFirmware }) => (ofFirmware ? [name] : [])),
  run: (name, options) => runProof(name, { ...options, threads: 0 }),
  catches,
};

async function catches(name: string, options: ProofOptions): Promise<boolean> {
  const proof = await loadProof(name);
  const bench = await proof.open(options, others);
  for (const part of await proof.parts(options)) {
    const { violations } = await bench.run(part, () => {});
    if (violations.length > 0) return true;
  }
  return false;
}

function refuseGuests({ name, refuses }: Proof, { own, canary }: ProofOptions): void {
  const because =
    (own?.firmware && refuses?.image && `--image: ${refuses.image}`) ??
    (own?.bootloader && refuses?.bootloader && `--bootloader: ${refuses.bootloader}`) ??
    (own && canary !== undefined ? '--canary: a canary is a change of our sources' : undefined);
  if (because) throw new UnknownName(`prove ${name} does not take ${because}; leave it out`);
}

/** Opens what one thread needs for a proof. */
export async function openBench({ proof, options }: WorkerTask): Promise<Bench> {
  chooseSubject(options.own?.firmware);
  return (await loadProof(proof)).open(options, others);
}

async function inThisThread(proof: Proof, options: ProofOptions, parts: Part[], tally: Tally): Promise<PartResult[]> {
  chooseSubject(options.own?.firmware);
  const bench = await proof.open(options, others);
  const results: PartResult[] = [];
  for (const [index, part] of parts.entries()) {
    const end = tally.begin(index);
    results.push(await bench.run(part, end.progress));
    end.done(results[index]);
  }
  return results;
}

async function inThreads(
  proof: string,
  options: ProofOptions,
  parts: Part[],
  tally: Tally,
  signal?: AbortSignal,
): Promise<PartResult[]> {
  const results: PartResult[] = [];
  // Heavy parts first, so that no thread begins one when the others have almost ended.
  const waiting = [...parts.keys()].sort((a, b) => parts[b].weight - parts[a].weight);
  const threads = Array.from({ length: tally.threads }, () => new ProofThread({ proof, options }));
  const stop = () => Promise.all(threads.map((thread) => thread.end()));
  signal?.addEventListener('abort', stop);
  const begun = new Set<string>();
  // A thread goes on with its scenario, because it has played that story and knows its images. Then comes a scenario nobody has begun, at last a piece of any.
  const next = (last: string | undefined): number | undefined => {
    const own = waiting.findIndex((index) => parts[index].scenario === last);
    const fresh = waiting.findIndex((index) => !begun.has(parts[index].scenario));
    return waiting.splice(own >= 0 ? own : Math.max(fresh, 0), 1).at(0);
  };
  const work = async (thread: ProofThread) => {
    let last: string | undefined;
    for (let index = next(last); index !== undefined; index = next(last)) {
      last = parts[index].scenario;
      begun.add(last);
      const end = tally.begin(index);
      results[index] = await thread.run(parts[index], end.progress);
      end.done(results[index]);
    }
  };
  try {
    await Promise.all(threads.map(work));
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    await stop();
    signal?.removeEventListener('abort', stop);
  }
  return results;
}

/** How far the run is. */
class Tally {
  coreSeconds = 0;
  readonly threads: number;
  private readonly parts: readonly Part[];
  private readonly onProgress: RunOptions['onProgress'];
  private readonly shares: number[];
  private readonly points: number[];
  private readonly begun = new Map<number, number>();
  private violations = 0;

  constructor(parts: readonly Part[], threads: number, onProgress: RunOptions['onProgress']) {
    this.parts = parts;
    this.threads = threads;
    this.onProgress = onProgress;
    this.shares = parts.map(() => 0);
    this.points = parts.map(() => 0);
  }

  begin(index: number): { progress: OnPartProgress; done: (result: PartResult) => void } {
    this.begun.set(index, performance.now());
    const progress: OnPartProgress = (share, points) => {
      this.shares[index] = share;
      this.points[index] = points;
      this.tell();
    };
    return {
      progress,
      done: (result) => {
        this.coreSeconds += this.secondsOf(index);
        this.begun.delete(index);
        this.violations += result.violations.length;
        progress(1, result.points);
      },
    };
  }

  private secondsOf(index: number): number {
    return (performance.now() - (this.begun.get(index) ?? 0)) / 1000;
  }

  private tell(): void {
    if (!this.onProgress) return;
    const whole = this.parts.reduce((sum, { weight }) => sum + weight, 0);
    const done = this.parts.reduce((sum, { weight }, index) => sum + weight * this.shares[index], 0);
    const points = this.points.reduce((sum, count) => sum + count, 0);
    let { coreSeconds } = this;
    for (const index of this.begun.keys()) coreSeconds += this.secondsOf(index);
    this.onProgress({ share: done / whole, points, violations: this.violations, coreSeconds, threads: this.threads });
  }
}
