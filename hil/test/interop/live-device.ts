// A board to talk to as a user would have it: `coldrig run` in a process of its own, with UDP and a pseudo-terminal open, and
// what it says about itself read from its `--json` lines. Our own SMP client looks at it beside the client under test.
//
// What must stay true: every device is a new one, listens on this machine only, and is gone when it is closed.

import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { buildAll } from '../../../host/tools/build.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { type ImageState, SmpClient } from '../../../host/tools/smp/index.ts';
import { Smp } from '../../../protocol/smp/smp.ts';
import { interopFolder } from './install.ts';

/** One line of `coldrig run --json`. */
export interface DeviceEvent {
  event: string;
  timeNs: number;
  [fact: string]: unknown;
}

const startTimeoutMs = 60_000;
/** A boot takes milliseconds, a reset waits a quarter of a second before it; the machine may be busy. */
const patienceMs = 30_000;
/** All of 127/8 is this machine on Linux; elsewhere only the first may be. */
const hosts = [1, 2, 3, 4, 5, 6, 7, 8].map((last) => `127.0.0.${last}`);
/** Workers of the test runner have the numbers 1 and 2. Each begins at a half of its own, so that they never try for the same host. */
const firstHost = process.env.VITEST_POOL_ID === '2' ? hosts.length / 2 : 0;

export class LiveDevice {
  /** Address whose port 1337 is the gateway: smpmgr knows no other port. */
  readonly host: string;
  /** Path of the console's pseudo-terminal. */
  readonly terminal: string;
  readonly events: DeviceEvent[] = [];
  readonly folder: string;
  private readonly child: ChildProcess;
  private readonly waiting = new Set<() => void>();
  private client: SmpClient | undefined;
  private complaints = '';

  /** Starts a new device and waits until its firmware calls itself healthy. */
  static async start(options: string[] = []): Promise<LiveDevice> {
    // The suite has built it already; for others it is compiled here, where nobody waits for it.
    await buildAll(['factory']);
    mkdirSync(interopFolder, { recursive: true });
    const folder = mkdtempSync(join(interopFolder, 'run-'));
    const device = new LiveDevice(await freeHost(), folder, options);
    try {
      await device.healthy(0, startTimeoutMs);
    } catch (error) {
      await device.close();
      throw error;
    }
    return device;
  }

  private constructor(host: string, folder: string, options: string[]) {
    this.host = host;
    this.folder = folder;
    this.terminal = join(folder, 'tty');
    const links = ['--host', host, '--udp', String(Smp.UDP_PORT), '--pty', this.terminal];
    const command = join(repositoryRoot, 'cli', 'coldrig.mjs');
    this.child = spawn(process.execPath, [command, 'run', '--json', ...links, ...options], {
      cwd: repositoryRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output = this.child.stdout as NodeJS.ReadableStream;
    createInterface({ input: output }).on('line', (line) => {
      this.events.push(JSON.parse(line));
      for (const look of this.waiting) look();
    });
    this.child.stderr?.on('data', (text) => {
      this.complaints += text;
    });
    this.child.on('close', () => {
      for (const look of this.waiting) look();
    });
  }

  get target(): string {
    return `udp://${this.host}:${Smp.UDP_PORT}`;
  }

  /** Our own client, for looking at the device from the side. */
  async own(): Promise<SmpClient> {
    this.client ??= await SmpClient.open(this.target);
    return this.client;
  }

  /** Slot list as our own client reads it, in short: `{ 0: '1.0.0 active confirmed' }`. */
  async slots(): Promise<Record<number, string>> {
    const images = await (await this.own()).imageState();
    return Object.fromEntries(images.map((image) => [image.slot, inShort(image)]));
  }

  /** A mark to look back to with `seen` and `event`. */
  get mark(): number {
    return this.events.length;
  }

  seen(name: string, mark: number): DeviceEvent | undefined {
    return this.events.slice(mark).find(({ event }) => event === name);
  }

  /** Waits for an event with these facts after a mark. */
  async event(
    name: string,
    mark: number,
    facts: Record<string, unknown> = {},
    timeoutMs = patienceMs,
  ): Promise<DeviceEvent> {
    const matches = (line: DeviceEvent) =>
      line.event === name && Object.entries(facts).every(([fact, value]) => line[fact] === value);
    const find = () => this.events.slice(mark).find(matches);
    const found = find() ?? (await this.eventually(find, timeoutMs));
    if (found) return found;
    const wanted = `${name} ${JSON.stringify(facts)}`;
    const said = this.events.slice(mark).map(({ event, ...rest }) => `  ${event} ${JSON.stringify(rest)}`);
    const lines = [`the device did not report ${wanted} within ${timeoutMs} ms; it said:`, ...said, this.complaints];
    throw new Error(lines.join('\n'));
  }

  /** Waits until the firmware has beaten with a good health word after a mark: before, it may not be confirmed. */
  healthy(mark: number, timeoutMs = patienceMs): Promise<DeviceEvent> {
    return this.event('heartbeat', mark, { health: 0 }, timeoutMs);
  }

  /** Ends the device, even one that does not end itself. */
  async close(): Promise<void> {
    await this.client?.close();
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit');
      this.child.kill('SIGTERM');
      const kill = setTimeout(() => this.child.kill('SIGKILL'), 5000);
      await ended;
      clearTimeout(kill);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  private eventually(find: () => DeviceEvent | undefined, timeoutMs: number): Promise<DeviceEvent | undefined> {
    return new Promise((resolve) => {
      const look = () => {
        const found = find();
        const isOver = this.child.exitCode !== null || this.child.signalCode !== null;
        if (found || isOver) done(found);
      };
      const done = (found?: DeviceEvent) => {
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve(found);
      };
      const timer = setTimeout(done, timeoutMs);
      this.waiting.add(look);
      look();
    });
  }
}

function inShort(image: ImageState): string {
  const flags = ['active', 'confirmed', 'pending', 'permanent'] as const;
  const set = flags.filter((flag) => image[flag]);
  return [image.version, ...set, ...(image.bootable ? [] : ['not bootable'])].join(' ');
}

/** An address of this machine whose port 1337 nobody uses. */
async function freeHost(): Promise<string> {
  for (const host of [...hosts.slice(firstHost), ...hosts.slice(0, firstHost)]) {
    const socket = createSocket('udp4');
    const isFree = await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false));
      socket.bind({ port: Smp.UDP_PORT, address: host, exclusive: true }, () => resolve(true));
    });
    socket.close();
    if (isFree) return host;
  }
  throw new Error(`UDP port ${Smp.UDP_PORT} is in use on ${hosts[0]} to ${hosts.at(-1)}; end the programs that use it`);
}
