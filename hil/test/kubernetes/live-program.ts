// A program of other people in a process of its own. It ends when this process ends, in whatever way, and what it says is in a file.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import type { Programs } from './programs.ts';

const lastLines = 12;

export class LiveProgram {
  readonly child: ChildProcess;
  private readonly name: string;
  private readonly log: string;

  constructor({ paths }: Programs, log: string, name: string, words: readonly string[], keepsInput = false) {
    this.name = name;
    this.log = log;
    const file = openSync(log, 'a');
    const all = ['--pdeathsig', 'KILL', '--', ...words];
    this.child = spawn(paths.setpriv, all, { stdio: [keepsInput ? 'pipe' : 'ignore', file, file] });
    closeSync(file);
  }

  get pid(): number {
    return this.child.pid as number;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Until something holds; throws with the last it said when it ends before. */
  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (;;) {
      if (this.hasEnded) throw new Error(`${this.name} ended before ${what}:\n${this.lastSaid()}`);
      if (await holds()) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  said(): string {
    return readFileSync(this.log, 'utf8');
  }

  async kill(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
  }

  private lastSaid(): string {
    return this.said().trimEnd().split('\n').slice(-lastLines).join('\n');
  }
}
