// The update server as a process of its own, which is killed at random requests of its clients.
//
// What must stay true: the moments are drawn from a seed: the number of the request, and how long after it was sent. So they fall before, in and after the
// handling of a request, all over the story; where exactly, is up to the machine.

import { type ChildProcess, spawn } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import type { Random } from '../../../host/board/random.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';

export interface KillPlan {
  kills: number;
  /** Requests between two of them, on average. */
  gap: number;
  random: Random;
}

export class KilledServer {
  kills = 0;
  requests = 0;
  /** Until it answers again. */
  isUp: Promise<void> = Promise.resolve();
  /** Wall time from each start to the line that it is ready, and processor time of its main thread until then. */
  readonly startsMs: number[] = [];
  readonly startsCpuMs: number[] = [];
  /** Processor time of the main thread of those that were killed. */
  cpuMs = 0;
  origin = '';
  private child: ChildProcess | undefined;
  private next = Number.POSITIVE_INFINITY;
  private plan: KillPlan | undefined;
  private readonly folder: string;
  private readonly words: readonly string[];

  constructor(folder: string, words: readonly string[]) {
    [this.folder, this.words] = [folder, words];
    // Told before the request is sent.
    subscribe('http.client.request.start', () => this.asked());
  }

  async start(): Promise<void> {
    const begun = performance.now();
    const listen = this.origin === '' ? '127.0.0.1:0' : this.origin.slice('http://'.length);
    const words = ['fleet', 'serve', '--listen', listen, '--json', ...this.words];
    const child = spawn(process.execPath, [join(repositoryRoot, 'cli', 'coldrig.mjs'), ...words], {
      ...{ cwd: this.folder, stdio: ['ignore', 'pipe', 'inherit'] },
    });
    this.child = child;
    let text = '';
    await new Promise<void>((resolve, reject) => {
      child.once('close', (code) => reject(new Error(`the server has ended with ${code}: ${text.slice(-500)}`)));
      child.stdout?.on('data', (part) => {
        if (this.child !== child || text === 'ready') return;
        text += part;
        const [, origin] = /"event":"ready","origin":"([^"]+)"/.exec(text) ?? [];
        if (origin === undefined) return;
        this.origin = origin;
        text = 'ready';
        resolve();
      });
    });
    child.removeAllListeners('close');
    this.startsMs.push(performance.now() - begun);
    this.startsCpuMs.push(cpuOf(child));
  }

  /** Kills from now on, as planned. */
  begin(plan: KillPlan): void {
    this.plan = plan;
    this.draw();
  }

  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGTERM'): Promise<void> {
    this.plan = undefined;
    await this.isUp;
    const ended = new Promise((resolve) => this.child?.once('close', resolve));
    if (this.child !== undefined) this.cpuMs += cpuOf(this.child);
    this.child?.kill(signal);
    await ended;
  }

  private asked(): void {
    this.requests++;
    if (this.plan === undefined || --this.next > 0) return;
    this.next = Number.POSITIVE_INFINITY;
    this.isUp = this.killAndStart(this.plan);
    // Who waits for it hears of it.
    this.isUp.catch(() => {});
  }

  private async killAndStart({ random }: KillPlan): Promise<void> {
    const child = this.child as ChildProcess;
    await rest(random.below(8));
    const ended = new Promise((resolve) => child.once('close', resolve));
    this.cpuMs += cpuOf(child);
    child.kill('SIGKILL');
    await ended;
    this.kills++;
    await this.start();
    if (this.plan !== undefined) this.draw();
  }

  private draw(): void {
    const { kills, gap, random } = this.plan as KillPlan;
    this.next = this.kills < kills ? 1 + random.below(2 * gap) : Number.POSITIVE_INFINITY;
  }
}

/** Of the main thread. */
function cpuOf({ pid }: ChildProcess): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    // Another system has no such file.
    return 0;
  }
}
