// A worker: takes units of one campaign until every unit has its record.
//
//   taken -> has a result already? yes -> done
//     |                            no  -> run -> put the result -> done
//     |                                    '---> it threw -> put the failure -> done
//     '-- the worker is told to end -> handed back
//
// What must stay true: a unit is done only after its record is on the server.

import { gzipSync } from 'node:zlib';
import type { Proved } from '../prove/provenance.ts';
import { bytesOf, checkedPlan, checkSame, type Plan, parsedOf, planOf, samePlan } from './plan.ts';
import { CampaignError, type CampaignQueue, type Delivery, type WorkerRecord } from './queue.ts';

/** What runs units: opened once, then used for all of them. */
export interface UnitBench {
  /** What is here, to be compared with what the campaign is about. */
  proved: Proved;
  /** Runs a unit and returns its result as text. As many run at once as the bench was opened for. */
  run(unit: number): Promise<string>;
  /** Ends what runs; those calls then throw. */
  close(): Promise<void>;
}

export interface WorkOptions {
  /** Name of this worker: letters, digits, `-` and `_`. */
  worker: string;
  /** Units that run at once. */
  threads: number;
  signal: AbortSignal;
  /** Calls back again and again; returns what ends that. */
  every(milliseconds: number, call: () => void): () => void;
  onUnit?(unit: number, what: 'begun' | 'done' | 'known' | 'failed', message?: string): void;
}

export interface Worked {
  done: number;
  /** Units whose result somebody else had put on record first. */
  known: number;
  failed: number;
}

/** So many units in a row that fail here, and none that succeeds, are the fault of this machine. */
export const failuresInARow = 3;
/** A unit that was handed out so often and never came back brings down whoever takes it. */
export const deliveriesMax = 20;
/** A worker speaks this many times in the time after which it counts as dead. */
const beatsASilence = 3;

export async function work(queue: CampaignQueue, bench: UnitBench, options: WorkOptions): Promise<Worked> {
  const plan = await planOf(queue);
  const worker = new CampaignWorker(queue, bench, plan, options);
  try {
    checkSame(queue.name, plan.proved, bench.proved);
  } catch (error) {
    await worker.tell('refused', (error as Error).message);
    throw error;
  }
  return worker.work();
}

class CampaignWorker {
  private readonly counts: Worked = { done: 0, known: 0, failed: 0 };
  private readonly held = new Map<number, Delivery>();
  private inARow = 0;
  private end = false;
  private hasNews = false;
  private telling: Promise<void> | undefined;
  private readonly queue: CampaignQueue;
  private readonly bench: UnitBench;
  private readonly plan: Plan;
  private readonly options: WorkOptions;

  constructor(queue: CampaignQueue, bench: UnitBench, plan: Plan, options: WorkOptions) {
    this.queue = queue;
    this.bench = bench;
    this.plan = plan;
    this.options = options;
  }

  async work(): Promise<Worked> {
    const { every, signal, threads } = this.options;
    const beat = every((await this.queue.silenceMs()) / beatsASilence, () => this.beat());
    const stop = () => {
      this.end = true;
      // What runs ends by it, and is handed back.
      void this.bench.close();
    };
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    try {
      await this.tell('working');
      await Promise.all(Array.from({ length: threads }, () => this.oneAfterTheOther()));
      signal.throwIfAborted();
      this.end = true;
      await this.tell('ended');
      return this.counts;
    } catch (error) {
      this.end = true;
      await this.bench.close();
      await Promise.all([...this.held.values()].map((delivery) => delivery.handBack()));
      this.held.clear();
      if (signal.aborted) await this.tell('ended');
      else await this.tell('gave up', (error as Error).message);
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', stop);
      beat();
    }
  }

  private async oneAfterTheOther(): Promise<void> {
    while (!this.end) {
      const delivery = await this.queue.next();
      if (this.end) {
        await delivery?.handBack();
        return;
      }
      if (delivery) await this.take(delivery);
      // What others hold may come back, so a worker stays while there is anything in the queue.
      else if ((await this.queue.queued()).length === 0) return;
    }
  }

  private async take(delivery: Delivery): Promise<void> {
    const { unit } = delivery;
    this.held.set(unit, delivery);
    this.tellSoon();
    this.checkPlan(delivery);
    if ((await this.queue.get(`result.${unit}`)) !== undefined) return this.isDone(delivery, 'known');
    if (delivery.deliveries > deliveriesMax) {
      const times = `it was handed out ${deliveriesMax} times, and no worker came back with a result`;
      return this.hasFailed(delivery, times);
    }
    // Told to end meanwhile: the bench is closed, and what is held is handed back.
    if (this.end) return;
    this.options.onUnit?.(unit, 'begun');
    let result: string;
    try {
      result = await this.bench.run(unit);
    } catch (error) {
      // Ended from outside: the unit is not to blame.
      if (this.end) throw error;
      return this.hasFailed(delivery, error instanceof Error ? error.message : String(error));
    }
    await this.hasResult(delivery, result);
  }

  /** A campaign that was removed, and submitted anew with other options, is not what this worker was opened for. */
  private checkPlan({ value }: Delivery): void {
    const { plan } = parsedOf(value) as { plan: unknown };
    if (samePlan(checkedPlan(plan, this.queue.name), this.plan)) return;
    throw new CampaignError(
      'OTHER_CAMPAIGN',
      `campaign '${this.queue.name}' was replaced by another of the same name: start this worker again`,
    );
  }

  private async hasResult(delivery: Delivery, result: string): Promise<void> {
    let isFirst: boolean;
    try {
      isFirst = await this.queue.putOnce(`result.${delivery.unit}`, gzipSync(result));
    } catch (error) {
      if (!(error instanceof CampaignError) || error.code !== 'TOO_LARGE') throw error;
      return this.hasFailed(delivery, error.message);
    }
    this.inARow = 0;
    await this.isDone(delivery, isFirst ? 'done' : 'known');
  }

  private async isDone(delivery: Delivery, how: 'done' | 'known'): Promise<void> {
    await delivery.done();
    this.held.delete(delivery.unit);
    this.counts[how]++;
    this.options.onUnit?.(delivery.unit, how);
  }

  private async hasFailed(delivery: Delivery, message: string): Promise<void> {
    const { unit } = delivery;
    await this.queue.putOnce(`failed.${unit}`, bytesOf({ unit, worker: this.options.worker, message }));
    await delivery.done();
    this.held.delete(unit);
    this.counts.failed++;
    this.options.onUnit?.(unit, 'failed', message);
    if (++this.inARow < failuresInARow) return;
    throw new CampaignError(
      'WORKER_UNFIT',
      `${failuresInARow} units in a row failed here and none succeeded, the last one with: ${message}. See to this machine, then submit the campaign again, which queues its failed units`,
    );
  }

  private beat(): void {
    for (const delivery of this.held.values()) delivery.working();
    this.tellSoon();
  }

  /** What is heard of a worker is for people; its units do not wait for it. One message at a time, so that the last one stays. */
  private tellSoon(): void {
    this.hasNews = true;
    this.telling ??= this.tellNews().finally(() => {
      this.telling = undefined;
    });
  }

  private async tellNews(): Promise<void> {
    while (this.hasNews && !this.end) {
      this.hasNews = false;
      // A campaign that is gone is noticed where it matters.
      await this.say('working').catch(() => {});
    }
  }

  /** The last word, or the first. */
  async tell(state: WorkerRecord['state'], message?: string): Promise<void> {
    await this.telling;
    await this.say(state, message);
  }

  private async say(state: WorkerRecord['state'], message?: string): Promise<void> {
    const { done, failed } = this.counts;
    const record: WorkerRecord = { state, done, failed, holds: [...this.held.keys()] };
    await this.queue.put(
      `worker.${this.options.worker}`,
      bytesOf(message === undefined ? record : { ...record, message }),
    );
  }
}
