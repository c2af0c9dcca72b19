// A campaign: work that is divided into units, which workers on any machine take from one queue.
//
//   submit --push--> queue --next--> worker: runs the unit --putOnce--> record --done--> gone from the queue
//                      ^                        |
//                      '---- silent too long ---'   or handed back
//
// What must stay true, whatever dies when:
//  - a unit stays in the queue until its result is recorded, so none is lost;
//  - the record of a unit is put once. Whoever comes second is told so, so none is counted twice;
//  - a result depends on the plan and the number of the unit alone, so it does not matter who came first.
//
// This file is what the rest of the folder needs of a server. nats-queue.ts has it from NATS JetStream, testing/memory-queue.ts keeps it in memory.

/** What is kept of a campaign, by name. `failed` is final as well: its unit is not tried again before somebody submits it again. */
export type RecordKey = 'plan' | `result.${number}` | `failed.${number}` | `worker.${string}`;

export interface Stored {
  value: Uint8Array;
  /** When the server took it, in milliseconds since 1970. */
  timeMs: number;
}

/** A unit that was handed to this worker. */
export interface Delivery {
  unit: number;
  value: Uint8Array;
  /** How often it was handed out, this time included. */
  deliveries: number;
  /** Says that the unit is being worked on: the time after which the worker counts as dead begins anew. */
  working(): void;
  /** Takes the unit out of the queue. Its record must be put before. */
  done(): Promise<void>;
  /** Gives the unit to somebody else at once. */
  handBack(): Promise<void>;
}

export interface CampaignQueue {
  /** For messages. */
  readonly name: string;
  /** False where a record of this key is there already; that one stays. */
  putOnce(key: RecordKey, value: Uint8Array): Promise<boolean>;
  put(key: RecordKey, value: Uint8Array): Promise<void>;
  get(key: RecordKey): Promise<Stored | undefined>;
  drop(key: RecordKey): Promise<void>;
  /** What follows the dot in the keys of records of a kind. */
  keys(kind: 'result' | 'failed' | 'worker'): Promise<string[]>;
  /** Queues a unit, unless it is queued already. */
  push(unit: number, value: Uint8Array): Promise<void>;
  /** Throws away every unit in the queue. */
  empty(): Promise<void>;
  /** Units in the queue, those that workers hold included. */
  queued(): Promise<number[]>;
  /** The next unit; waits for one, but not for ever. */
  next(): Promise<Delivery | undefined>;
  /** A worker that says nothing for this long has lost its units. */
  silenceMs(): Promise<number>;
}

/** What a worker says of itself. */
export interface WorkerRecord {
  state: 'working' | 'ended' | 'refused' | 'gave up';
  done: number;
  failed: number;
  /** Units it has now. */
  holds: number[];
  /** Why it refused, or gave up. */
  message?: string;
}

/** What went wrong is nothing that waiting could mend, and the message says what to do. */
export class CampaignError extends Error {
  override readonly name = 'CampaignError';
  /** For machines. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
