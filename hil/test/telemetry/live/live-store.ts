// A Prometheus in a process of its own, which a test may kill. Debian: apt-get install --no-install-recommends prometheus

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../../campaign/live-server.ts';
import { interopFolder } from '../../interop/install.ts';

const readyMs = 300_000;

export type StoreValue = [labels: Record<string, string>, value: number];

/** Present values of an expression, by the labels of each. */
export async function queryStore(
  address: string,
  expression: string,
  timeSeconds = Date.now() / 1000,
): Promise<StoreValue[]> {
  const words = new URLSearchParams({ query: expression, time: `${timeSeconds}` });
  const response = await fetch(`${address}/api/v1/query?${words}`);
  const { data, error } = (await response.json()) as {
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
    error?: string;
  };
  if (data === undefined) throw new Error(`Prometheus refuses ${expression}: ${error}`);
  return data.result.map(({ metric, value }) => [metric, Number(value[1])]);
}

export class LiveStore {
  readonly address: string;
  readonly folder: string;
  private readonly program: string;
  private readonly port: number;
  private child: ChildProcess | undefined;

  static async start(program: string): Promise<LiveStore> {
    mkdirSync(interopFolder, { recursive: true });
    const store = new LiveStore(program, await freePort(), mkdtempSync(join(interopFolder, 'store-')));
    await store.start();
    return store;
  }

  private constructor(program: string, port: number, folder: string) {
    this.program = program;
    this.port = port;
    this.folder = folder;
    this.address = `http://127.0.0.1:${port}`;
    const config = { storage: { tsdb: { out_of_order_time_window: '48h' } } };
    writeFileSync(join(folder, 'prometheus.yml'), stringify(config));
  }

  /** Again after `kill`: at the same place, with what is on disk. */
  async start(): Promise<void> {
    const words = [
      `--config.file=${join(this.folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(this.folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${this.port}`,
      '--web.enable-remote-write-receiver',
      '--log.level=error',
    ];
    const child = spawn(this.program, words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.child = child;
    let said = '';
    child.stderr.on('data', (bytes) => {
      said = `${said}${bytes}`.slice(-2_000);
    });
    for (const until = Date.now() + readyMs; Date.now() < until; ) {
      if (child.exitCode !== null) throw new Error(`Prometheus ended: ${said}`);
      const isReady = await fetch(`${this.address}/-/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isReady) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`Prometheus is not ready: ${said}`);
  }

  get pid(): number {
    return this.child?.pid as number;
  }

  async kill(): Promise<void> {
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  query(expression: string, timeSeconds?: number): Promise<StoreValue[]> {
    return queryStore(this.address, expression, timeSeconds);
  }

  /** Until an expression has a value that satisfies. */
  async until(expression: string, isEnough: (values: number[]) => boolean, withinMs = 300_000): Promise<number[]> {
    let values: number[] = [];
    for (const end = Date.now() + withinMs; Date.now() < end; ) {
      values = (await this.query(expression).catch(() => [])).map(([, value]) => value);
      if (isEnough(values)) return values;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${expression} is ${values.join(', ')} after ${withinMs / 1000} s`);
  }
}
