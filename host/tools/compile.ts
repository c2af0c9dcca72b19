// Compiles several guests at the same time, with one thread per processor. The threads are kept while there is work, because a compiler starts
// slowly and its first guest takes longest.

import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BuildFolderError } from './build-folder.mjs';
import { type CompileOptions, isCompiled } from './guest.ts';

export interface WantedGuest {
  /** Path of its entry, from the repository's root. */
  entry: string;
  options?: CompileOptions;
}

/**
 * Compiles the guests that are not in the cache. Throws the first error when all others are done. `onStep` gets the remaining entries whenever
 * one is done.
 */
export async function compileGuests(guests: WantedGuest[], onStep: (what: string) => void = () => {}): Promise<void> {
  const distinct = new Map(guests.map((guest) => [keyOf(guest), guest]));
  const missing = new Set([...distinct.values()].filter((guest) => !isThere(guest)));
  const tell = () => onStep([...missing].map(({ entry }) => entry).join(', '));
  if (missing.size > 0) tell();
  const compile = async (guest: WantedGuest) => {
    await compileInTurn(guest);
    missing.delete(guest);
    if (missing.size > 0) tell();
  };
  const ends = await Promise.allSettled([...missing].map(compile));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

/** One that cannot even be named (its entry is missing, or a change does not fit) is not there: its compiler says why, and the others are compiled. */
function isThere({ entry, options }: WantedGuest): boolean {
  try {
    return isCompiled(entry, options);
  } catch (error) {
    if (error instanceof BuildFolderError) throw error;
    return false;
  }
}

const keyOf = ({ entry, options }: WantedGuest) => JSON.stringify([entry, options]);

interface CompilerJob {
  guest: WantedGuest;
  resolve: () => void;
  reject: (error: Error) => void;
}

const jobs: CompilerJob[] = [];
/** Guests that are queued or being compiled: two builds that need the same guest wait for the same compilation. */
const underWay = new Map<string, Promise<void>>();
let compilers = 0;

function compileInTurn(guest: WantedGuest): Promise<void> {
  const key = keyOf(guest);
  const compiled =
    underWay.get(key) ??
    new Promise<void>((resolve, reject) => {
      jobs.push({ guest, resolve, reject });
      if (compilers < Math.min(availableParallelism(), 4)) void runCompiler();
    }).finally(() => underWay.delete(key));
  underWay.set(key, compiled);
  return compiled;
}

async function runCompiler(): Promise<void> {
  compilers += 1;
  const worker = new Worker(new URL('./compile-worker.mjs', import.meta.url));
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    const answer = once(worker, 'message');
    worker.postMessage(job.guest);
    const failure: string | null = await answer.then(
      ([text]) => text,
      (error: Error) => error.message,
    );
    if (failure === null) job.resolve();
    else job.reject(new Error(failure));
  }
  compilers -= 1;
  await worker.terminate();
}
