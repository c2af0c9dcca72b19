// Runs the command for tests: arguments in, exit code and output back. `coldrig` sends the call to one process that serves many. For tests of the
// process itself (its start, signals, pipes), `coldrigProcess` and `RunningBoard` start a new one.

import { type ChildProcess, type ChildProcessByStdio, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { sharedCores } from '../host/tools/shared-cores.ts';

export const command = fileURLToPath(new URL('coldrig.mjs', import.meta.url));
const server = fileURLToPath(new URL('./testing-server.mjs', import.meta.url));

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
  /** The object `--json` prints. */
  json: Record<string, unknown>;
}

export interface CallOptions {
  cwd?: string;
  columns?: number;
}

interface Answer {
  id: number;
  code: number;
  stdout: string;
  stderr: string;
  /** Why the call was not like one in a process of its own. */
  error?: string;
}

let serving: ChildProcess | undefined;
const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
let calls = 0;

/** One call. Calls are served one after the other, in the order they are made. */
export async function coldrig(argumentList: string[], { cwd, columns = 80 }: CallOptions = {}): Promise<Outcome> {
  serving ??= startServer();
  const id = calls++;
  const answer = await new Promise<Answer>((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    serving?.send({ id, argumentList, cwd, columns });
  });
  if (answer.error !== undefined) throw new Error(answer.error);
  return outcomeOf(answer.code, answer.stdout, answer.stderr);
}

function startServer(): ChildProcess {
  const child = fork(server, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv: sharedCores });
  child.on('message', (answer: Answer) => {
    waiting.get(answer.id)?.resolve(answer);
    waiting.delete(answer.id);
  });
  child.once('exit', (code, signal) => {
    serving = undefined;
    for (const { reject } of waiting.values())
      reject(new Error(`the process that serves calls ended: ${signal ?? code}`));
    waiting.clear();
  });
  // It ends with this process, because the channel is closed then, and does not keep this process from ending.
  child.unref();
  child.channel?.unref();
  return child;
}

/** One call in a process of its own. */
export function coldrigProcess(argumentList: string[], options: CallOptions = {}): Promise<Outcome> {
  return startColdrig(argumentList, options).outcome;
}

/** A call in a process of its own that can be ended by a signal. */
export function startColdrig(argumentList: string[], options: CallOptions = {}) {
  const child = start(argumentList, options);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const outcome = once(child, 'close').then(([code]) => outcomeOf(code, stdout, stderr));
  const said = async (text: RegExp) => {
    for (;;) {
      const found = text.exec(stdout + stderr);
      if (found !== null) return found;
      await Promise.race([once(child.stdout, 'data'), once(child.stderr, 'data')]);
    }
  };
  return { outcome, said, end: (signal: NodeJS.Signals) => child.kill(signal) };
}

function outcomeOf(code: number | null, stdout: string, stderr: string): Outcome {
  return {
    ...{ code, stdout, stderr },
    get json() {
      return JSON.parse(stdout);
    },
  };
}

/** A board that runs until it is told to end. */
export class RunningBoard {
  readonly events: Record<string, unknown>[] = [];
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;

  /** Resolves when it is ready for clients. */
  static async start(argumentList: string[]): Promise<RunningBoard> {
    const board = new RunningBoard(argumentList);
    await board.event('ready');
    return board;
  }

  private constructor(argumentList: string[]) {
    this.child = start(['run', '--json', ...argumentList], {});
    createInterface({ input: this.child.stdout }).on('line', (line) => this.events.push(JSON.parse(line)));
    this.child.stderr.on('data', (text) => this.events.push({ event: 'stderr', text: String(text) }));
  }

  /** The link for clients whose address begins with this prefix. */
  link(prefix: string): string {
    const links = (this.events[0]?.links ?? []) as string[];
    const found = links.find((link) => link.startsWith(prefix));
    if (!found) throw new Error(`no link ${prefix} among ${links.join(', ')}`);
    return found;
  }

  /** Waits for an event, which may have happened already. */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.events.find(({ event }) => event === name);
      if (found) return found;
      if (this.isOver) throw new Error(`ended without '${name}': ${JSON.stringify(this.events)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** By itself, or by a signal. */
  private get isOver(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Closes our end of its output, like `head` at its end. */
  stopReading(): void {
    this.child.stdout.destroy();
  }

  async ended(): Promise<number | null> {
    if (!this.isOver) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.isOver) return this.child.exitCode;
    const ended = once(this.child, 'close');
    this.child.kill(signal);
    const [code] = await ended;
    return code;
  }
}

function start(
  argumentList: string[],
  { cwd, columns = 80 }: CallOptions,
): ChildProcessByStdio<null, Readable, Readable> {
  const env = { ...process.env, COLUMNS: String(columns), NO_COLOR: '1' };
  return spawn(process.execPath, [command, ...argumentList], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
}
