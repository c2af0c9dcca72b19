// What a proof is: many small tries, each checked against the invariants, divided into parts that threads and machines share.
//
//   Proof --parts--> [Part] --Bench.run--> [PartResult] --merge--> ProofResult
//
// What must stay true: the list of parts is the same in every process that is given the same options, and a part's result depends on the
// part and the options alone. So it does not matter which thread or which shard ran it, and results of shards add up.

import type { Finding } from './invariants.ts';
import { unknownName } from './unknown-name.ts';

export interface ProofOptions {
  /** Seed of the samples, and of what cuts and flips leave in flash. */
  seed: number;
  /** `slice`: a small part, for a test run. */
  effort: 'slice' | 'full';
  /** Only this scenario. */
  scenario?: string;
  /** Only the point of this name, as a violation names it. */
  point?: string;
  /** With a bootloader broken on purpose. */
  canary?: string;
  /** Guests of one's own, in the place of ours. */
  own?: OwnGuests;
  /** Ends a part at its first violation. */
  stopAtFirst?: boolean;
}

export interface OwnGuests {
  /** Module of the bootloader; ours when left out. */
  bootloader?: Uint8Array;
  /** Module of the firmware, out of its image; ours, or the smallest that will do, when left out. */
  firmware?: Uint8Array;
  /** Words of the command line that say so, for the command that repeats a violation. */
  words: string[];
}

/** A piece of work for one thread, from one to twenty seconds of the full proof. */
export interface Part {
  scenario: string;
  /** From 0. */
  part: number;
  /** How many the scenario has. */
  parts: number;
  /** Amount of work relative to other parts, in any unit. */
  weight: number;
}

export interface Violation extends Finding {
  scenario: string;
  /** The name of the point, for `--point`. */
  point: string;
  /** The choices that lead there, as few as possible. */
  choices: string[];
  /** What the board did, one line per event. */
  log: string[];
}

export interface PartResult {
  scenario: string;
  /** Number of tries that were checked against the invariants. */
  points: number;
  violations: Violation[];
  /** Further figures; those of a scenario's parts are added up. */
  counts: Record<string, number>;
  /** Facts from which `extra` makes further keys. */
  facts?: unknown[];
}

/** Reports how much of a part is done: a share from 0 to 1, and points. */
export type OnPartProgress = (share: number, points: number) => void;

/** What one thread has for itself: compiled guests, signed images, boards. */
export interface Bench {
  run(part: Part, onProgress: OnPartProgress): PartResult | Promise<PartResult>;
}

/** The other proofs, for the proof that runs them with canaries. */
export interface OtherProofs {
  names: readonly string[];
  /** Those that run the firmware of a canary. */
  ofFirmware: readonly string[];
  /** Runs one of them in this thread. */
  run(name: string, options: ProofOptions): Promise<{ points: number; found: readonly Violation[] }>;
  /** Whether one of them finds a violation. Runs its parts in this thread, up to the first violation. */
  catches(name: string, options: ProofOptions): Promise<boolean>;
}

export interface ScenarioText {
  name: string;
  /** One sentence. */
  about: string;
}

/** A scenario that a run with guests of one's own leaves out. */
export interface LeftOut {
  scenario: string;
  because: string;
}

export interface Proof {
  name: string;
  /** In the order of the table. */
  scenarios: readonly ScenarioText[];
  parts(options: ProofOptions): Part[] | Promise<Part[]>;
  /** Why it cannot be made with firmware, or with a bootloader, of one's own; it can when left out. */
  refuses?: { image?: string; bootloader?: string };
  /** What guests of one's own make it leave out. */
  leavesOut?(options: ProofOptions): LeftOut[];
  /** Work that is done once, before the threads start: compiling guests. Ends early, with the signal's reason, when it is aborted. */
  prepare?(options: ProofOptions, signal?: AbortSignal): Promise<void>;
  /** Guest modules that it runs beside the bootloader, by what they are. */
  guests?(options: ProofOptions): Promise<Record<string, Uint8Array>>;
  open(options: ProofOptions, others: OtherProofs): Promise<Bench>;
  /** Further keys of the result, from every part's facts. */
  extra?(facts: unknown[]): Record<string, unknown>;
}

/** Parts of equal weight of each scenario that the options select. An unknown name throws; the message lists the known ones. */
export function partsOf(
  scenarios: readonly { name: string; weight: number; parts: number }[],
  { scenario }: ProofOptions,
): Part[] {
  const wanted = scenarios.filter(({ name }) => scenario === undefined || scenario === name);
  if (scenario !== undefined && wanted.length === 0) throw unknownName('scenario', scenario, scenarios);
  return wanted.flatMap(({ name, weight, parts }) =>
    Array.from({ length: parts }, (_, part) => ({ scenario: name, part, parts, weight: weight / parts })),
  );
}
