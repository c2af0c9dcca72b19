// Runs the real command in a process of its own, for tests: arguments in, exit code and output back.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('coldrig.mjs', import.meta.url));

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

export async function coldrig(argumentList: string[], options: CallOptions = {}): Promise<Outcome> {
  const child = start(argumentList, options);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const [code] = await once(child, 'close');
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

  /** Links clients can use: those whose address begins so. */
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
      if (this.child.exitCode !== null) throw new Error(`ended without '${name}': ${JSON.stringify(this.events)}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Closes our end of its output, as `head` does when it has seen enough. */
  stopReading(): void {
    this.child.stdout.destroy();
  }

  async ended(): Promise<number | null> {
    if (this.child.exitCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
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
