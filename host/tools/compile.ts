// Compiles several guests at the same time, with one process per processor. The processes are kept while there is work, because a compiler starts
// slowly and its first guest takes longest. They are processes and not threads because a compiler runs in its own way (compile-worker.mjs), which node
// knows for a whole process only.

import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { BuildFolderError } from './build-folder.mjs';
import { type CompileOptions, isCompiled } from './guest.ts';
import { sharedCores } from './shared-cores.ts';

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
  let compiler = startCompiler();
  for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
    if (!compiler.connected) compiler = startCompiler();
    const failure = await compileWith(compiler, job.guest);
    if (failure === null) job.resolve();
    else job.reject(new Error(failure));
  }
  compilers -= 1;
  if (compiler.connected) compiler.disconnect();
}

/** It ends when this process ends or disconnects. */
function startCompiler(): ChildProcess {
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
  return fork(fileURLToPath(new URL('./compile-worker.mjs', import.meta.url)), {
    execArgv: sharedCores,
    stdio: [...stdio],
  });
}

/** The text of the error; null when the guest is in the cache. */
function compileWith(compiler: ChildProcess, guest: WantedGuest): Promise<string | null> {
  return new Promise((resolve) => {
    const answer = (text: string | null) => {
      compiler.removeAllListeners();
      resolve(text);
    };
    compiler.once('message', (text) => answer(text as string | null));
    compiler.once('error', ({ message }) => answer(message));
    compiler.once('exit', (code, signal) => answer(`the compiler of ${guest.entry} ended with ${signal ?? code}`));
    compiler.send(guest);
  });
}
