// A NATS server and workers in processes of their own, which a test may kill, and the commands of `coldrig campaign` beside them.

import { type ChildProcess, type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { interopFolder } from '../interop/install.ts';

const command = join(repositoryRoot, 'cli/coldrig.mjs');

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

/** One call of the command, to its end. */
export const coldrig = (...words: string[]): Promise<Outcome> => coldrigIn(repositoryRoot, ...words);

export function coldrigIn(cwd: string, ...words: string[]): Promise<Outcome> {
  return new Promise((resolve) =>
    execFile(process.execPath, [command, ...words], { cwd, maxBuffer: 1 << 28 }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    ),
  );
}

export class LiveServer {
  readonly url: string;
  readonly folder: string;
  private readonly program: string;
  private readonly port: number;
  private readonly more: readonly string[];
  private child: ChildProcess | undefined;

  /** `more`: options of the server beside its address and its folder. */
  static async start(program: string, more: readonly string[] = []): Promise<LiveServer> {
    mkdirSync(interopFolder, { recursive: true });
    const server = new LiveServer(program, await freePort(), mkdtempSync(join(interopFolder, 'campaign-')), more);
    await server.start();
    return server;
  }

  private constructor(program: string, port: number, folder: string, more: readonly string[]) {
    this.program = program;
    this.more = more;
    this.port = port;
    this.folder = folder;
    this.url = `nats://127.0.0.1:${port}`;
  }

  /** Again after `kill`: at the same place, with what is on disk. */
  async start(): Promise<void> {
    const store = join(this.folder, 'store');
    const words = ['-a', '127.0.0.1', '-p', `${this.port}`, '-js', '-sd', store, ...this.more];
    const child = spawn(this.program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    const log: string[] = [];
    for await (const line of createInterface({ input: child.stderr })) {
      log.push(line);
      if (!line.includes('Server is ready')) continue;
      child.stderr.resume();
      return;
    }
    throw new Error(`the NATS server ended: ${log.join('\n')}`);
  }

  get pid(): number {
    return this.child?.pid as number;
  }

  /** At once, or after it has written everything to its disk. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** The messages of a stream as they are on disk now. The function brings them back, as after a kill by which later changes are lost; the server is down then. */
  keepMessages(stream: string): () => void {
    const folder = join(this.folder, 'store/jetstream/$G/streams', stream, 'msgs');
    const kept = `${folder}.kept`;
    cpSync(folder, kept, { recursive: true });
    return () => {
      rmSync(folder, { recursive: true });
      renameSync(kept, folder);
    };
  }

  /** The server is down. */
  loseDisk(): void {
    rmSync(join(this.folder, 'store'), { recursive: true });
  }

  /** The messages of a stream; the server is down. */
  loseMessages(stream: string): void {
    rmSync(join(this.folder, 'store/jetstream/$G/streams', stream, 'msgs'), { recursive: true });
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  campaign(...words: string[]): Promise<Outcome> {
    return this.campaignIn(repositoryRoot, ...words);
  }

  campaignIn(cwd: string, ...words: string[]): Promise<Outcome> {
    return coldrigIn(cwd, 'campaign', ...words, '--server', this.url);
  }

  /** What `campaign status --json` says. */
  async status(name: string): Promise<Record<string, number> & { workers: { worker: string; done: number }[] }> {
    return JSON.parse((await this.campaign('status', name, '--json')).stdout);
  }

  worker(campaign: string, name: string): LiveWorker {
    return new LiveWorker(['campaign', 'work', campaign, '--as', name, '--threads', '1', '--server', this.url]);
  }
}

export class LiveWorker {
  /** What it said, the last of it at the end. */
  readonly lines: string[] = [];
  private readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private readonly closed: Promise<number | null>;
  private readonly said: Set<() => void> = new Set();

  constructor(words: string[]) {
    this.child = spawn(process.execPath, [command, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.closed = once(this.child, 'close').then(([code]) => code);
    for (const input of [this.child.stdout, this.child.stderr])
      createInterface({ input }).on('line', (line) => {
        this.lines.push(line);
        for (const call of this.said) call();
      });
    void this.closed.then(() => {
      for (const call of this.said) call();
    });
  }

  /** Stops it while a unit runs, so that whatever is done to it next falls into that unit. */
  async stopInUnit(): Promise<number> {
    for (;;) {
      await this.says(/begun$/);
      this.child.kill('SIGSTOP');
      // What it said before is here when it has stopped, and nothing comes after.
      await new Promise((resolve) => setTimeout(resolve, 200));
      const [, unit] = /^unit (\d+)\/\d+ begun$/.exec(this.lines.at(-1) ?? '') ?? [];
      if (unit !== undefined) return Number(unit);
      this.child.kill('SIGCONT');
      this.lines.length = 0;
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  ended(): Promise<number | null> {
    return this.closed;
  }

  async says(what: RegExp): Promise<void> {
    for (;;) {
      if (this.lines.some((line) => what.test(line))) return;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`the worker ended without saying ${what}: ${this.lines.join('\n')}`);
      await new Promise<void>((resolve) => {
        this.said.add(resolve);
      });
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
