// A command of ours as a process that a test kills.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { TlsFiles } from '../../../../host/telemetry/forward/tls-stream.ts';
import { repositoryRoot } from '../../../../host/tools/guest.ts';

const command = join(repositoryRoot, 'cli/coldrig.mjs');

export class LiveProcess {
  readonly ready: Record<string, unknown>;
  /** What it said after that, the last lines. */
  readonly said: string[] = [];
  private readonly child: ChildProcessByStdio<null, Readable, null>;
  private onStatus: (status: Record<string, number>) => void = () => {};
  private readonly ended: Promise<unknown>;

  /** A command with --json; resolves with its first line. `preload`: a module that is loaded before it. */
  static async start(
    words: readonly string[],
    { preload, env = {} }: { preload?: string; env?: Record<string, string> } = {},
  ): Promise<LiveProcess> {
    const first = preload === undefined ? [] : ['--import', preload];
    const child = spawn(process.execPath, [...first, command, ...words, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    const lines = createInterface({ input: child.stdout });
    const [line] = (await Promise.race([once(lines, 'line'), once(child, 'exit')])) as [string | number];
    if (typeof line !== 'string') throw new Error(`coldrig ${words.join(' ')} ended with ${line}`);
    const started = new LiveProcess(child, JSON.parse(line));
    lines.on('line', (line) => {
      started.said.push(line);
      if (line.includes('"event":"status"')) started.onStatus(JSON.parse(line));
      if (started.said.length > 200) started.said.shift();
    });
    return started;
  }

  private constructor(child: ChildProcessByStdio<null, Readable, null>, ready: Record<string, unknown>) {
    this.child = child;
    this.ready = ready;
    this.ended = once(child, 'exit');
  }

  get pid(): number {
    return this.child.pid as number;
  }

  /** A figure of its next line `status`. */
  async count(figure: string): Promise<number> {
    return (await this.status())[figure];
  }

  /** Until a line `status` satisfies. */
  async until(isEnough: (status: Record<string, number>) => boolean, withinMs: number): Promise<void> {
    for (const end = Date.now() + withinMs; ; ) {
      const status = await this.status();
      if (isEnough(status)) return;
      if (Date.now() > end) throw new Error(`after ${withinMs / 1000} s it says ${JSON.stringify(status)}`);
    }
  }

  private status(): Promise<Record<string, number>> {
    return new Promise((resolve, reject) => {
      this.onStatus = resolve;
      void this.ended.then(() => reject(new Error(`it ended: ${this.said.join('\n')}`)));
    });
  }

  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}

export const linkWords = ({ ca, cert, key, crl }: TlsFiles): string[] => [
  ...['--ca', ca, '--cert', cert, '--key', key],
  ...(crl === undefined ? [] : ['--crl', crl]),
];
