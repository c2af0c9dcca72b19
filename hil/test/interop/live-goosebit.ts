// goosebit, an update server of other people that speaks DDI, as a process of its own with a new database, and what a person does with it over its own API.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { freePort } from '../campaign/live-server.ts';
import { interopFolder } from './install.ts';

export interface GoosebitDevice {
  id: string;
  sw_version: string | null;
  last_state: string;
}

export interface GoosebitRollout {
  id: number;
  paused: boolean;
  success_count: number;
  failure_count: number;
}

const attemptMs = 200;
const startAttempts = 300;

export class LiveGoosebit {
  readonly address: string;
  readonly tenant = 'DEFAULT';
  private readonly child: ChildProcess;
  private readonly folder: string;
  private bearer = '';
  private said = '';

  /** `settings`: of its environment, beside the usual ones. */
  static async start(python: string, settings: Record<string, string> = {}): Promise<LiveGoosebit> {
    mkdirSync(interopFolder, { recursive: true });
    const folder = mkdtempSync(join(interopFolder, 'goosebit-'));
    const goosebit = new LiveGoosebit(python, await freePort(), folder, settings);
    try {
      await goosebit.ready();
    } catch (error) {
      await goosebit.close();
      throw error;
    }
    return goosebit;
  }

  private constructor(python: string, port: number, folder: string, settings: Record<string, string>) {
    this.folder = folder;
    this.address = `http://127.0.0.1:${port}`;
    const program = join(repositoryRoot, 'hil/test/interop/clients/goosebit_server.py');
    this.child = spawn(python, [program, `${port}`], {
      cwd: folder,
      env: {
        ...process.env,
        GOOSEBIT_DB_URI: `sqlite://${join(folder, 'db.sqlite3')}`,
        GOOSEBIT_ARTIFACTS_DIR: join(folder, 'artifacts'),
        ...settings,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (text) => {
        this.said = `${this.said}${text}`.slice(-20_000);
      });
  }

  get pid(): number {
    return this.child.pid as number;
  }

  async upload(file: string, bytes: Uint8Array): Promise<number> {
    const form = new FormData();
    form.append('file', new File([new Uint8Array(bytes)], file));
    const { id } = (await this.ask('PUT', 'software', form)) as { id: number };
    return id;
  }

  async rollout(name: string, software: number): Promise<number> {
    const { id } = (await this.ask('PUT', 'rollouts', { name, feed: 'default', software_id: software })) as {
      id: number;
    };
    return id;
  }

  async rolloutState(id: number): Promise<GoosebitRollout | undefined> {
    const { rollouts } = (await this.ask('GET', 'rollouts')) as { rollouts: GoosebitRollout[] };
    return rollouts.find((one) => one.id === id);
  }

  pause(id: number, paused: boolean): Promise<unknown> {
    return this.ask('PATCH', 'rollouts', { ids: [id], paused });
  }

  /** Adds devices that are not there. */
  set(devices: string[], what: Record<string, unknown>): Promise<unknown> {
    return this.ask('PUT', 'devices', { devices, ...what });
  }

  async devices(): Promise<GoosebitDevice[]> {
    const { devices } = (await this.ask('GET', 'devices')) as { devices: GoosebitDevice[] };
    return devices;
  }

  async device(name: string): Promise<GoosebitDevice> {
    // Its question for one device fails when that has a release assigned.
    return (await this.devices()).find(({ id }) => id === name) as GoosebitDevice;
  }

  async log(name: string): Promise<string> {
    return `${((await this.ask('GET', `devices/${name}/log`)) as { log: string | null }).log}`;
  }

  async close(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async ready(): Promise<void> {
    const first = new URLSearchParams({ username: 'operator@example.org', password: 'of a test' });
    for (let attempt = 0; attempt < startAttempts && this.child.exitCode === null; attempt++) {
      const answer = await fetch(`${this.address}/setup`, { method: 'POST', body: first }).catch(() => undefined);
      if (answer?.ok) {
        this.bearer = ((await answer.json()) as { access_token: string }).access_token;
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, attemptMs));
    }
    throw new Error(`goosebit did not start; it said:\n${this.said}`);
  }

  private async ask(method: string, path: string, body?: FormData | object): Promise<unknown> {
    const isForm = body instanceof FormData;
    const answer = await fetch(`${this.address}/api/v1/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.bearer}`,
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    });
    if (answer.ok) return answer.json();
    throw new Error(`goosebit: ${method} ${path}: ${answer.status} ${await answer.text()}\n${this.said}`);
  }
}
