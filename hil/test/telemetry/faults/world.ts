// Everything between devices and a store, each a process of its own, which goes on from run to run.
//
//   4 devices ─────────┬──> gateway a ──link that is cut──> NATS server ──┬──> ingester 1 of 2 ──┬──> Prometheus
//   2 devices ──both───┴──> gateway b ──────────────────────────┘         └──> ingester 2 of 2 ──┘
//
// Devices are played in this process and read by SMP over UDP. Each record is an error of the multiplexer, so a counter in the store says how many arrived.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PlayedDevice } from '../../../../host/telemetry/testing/play-device.ts';
import { LiveServer } from '../../campaign/live-server.ts';
import { interopFolder } from '../../interop/install.ts';
import { LiveProcess } from '../live/live-process.ts';
import { LiveStore } from '../live/live-store.ts';
import { CutLink } from './cut-link.ts';
import { StreamCheck } from './stream-check.ts';
import { serveByUdp } from './udp-device.ts';

const preload = new URL('./step-clock.mjs', import.meta.url).pathname;
/** What a device keeps: more than it makes in a run, so that it drops nothing. */
const deviceRoom = 5_000;
const cryostat = 'north';

export type GatewayName = 'a' | 'b';

export class World {
  readonly devices: PlayedDevice[];
  /** Read by both gateways. */
  readonly shared: PlayedDevice[];
  readonly folder: string;
  readonly nats: LiveServer;
  readonly store: LiveStore;
  readonly link: CutLink;
  readonly gateways = new Map<GatewayName, LiveProcess>();
  readonly ingesters: LiveProcess[] = [];
  stream!: StreamCheck;
  /** Where gateway a keeps its log: a small disk of its own; undefined where none can be mounted. */
  readonly smallDisk: string | undefined;
  private readonly targets = new Map<PlayedDevice, { target: string; close: () => void }>();

  static async start(programs: { nats: string; prometheus: string }): Promise<World> {
    mkdirSync(interopFolder, { recursive: true });
    const folder = mkdtempSync(join(interopFolder, 'faults-'));
    const nats = await LiveServer.start(programs.nats);
    const store = await LiveStore.start(programs.prometheus);
    const world = new World(folder, nats, store);
    await world.link.listen();
    for (const device of [...world.devices, ...world.shared]) world.targets.set(device, await serveByUdp(device));
    await Promise.all([world.startGateway('a'), world.startGateway('b')]);
    for (const number of [1, 2]) await world.startIngester(number);
    world.stream = await StreamCheck.open(nats.url);
    return world;
  }

  private constructor(folder: string, nats: LiveServer, store: LiveStore) {
    this.folder = folder;
    this.nats = nats;
    this.store = store;
    this.link = new CutLink(Number(new URL(nats.url).port));
    const device = (number: number) => new PlayedDevice(number.toString(16).padStart(32, '0'), deviceRoom);
    this.devices = [1, 2, 3, 4].map(device);
    this.shared = [11, 12].map(device);
    this.smallDisk = mounted(join(folder, 'small'));
  }

  async startGateway(name: GatewayName): Promise<void> {
    const devices = name === 'a' ? [...this.devices, ...this.shared] : this.shared;
    const file = join(this.folder, `${name}.yaml`);
    writeFileSync(file, stringify({ name, cryostat, devices: devices.map((one) => ({ target: this.targetOf(one) })) }));
    const port = name === 'a' ? this.link.port : Number(new URL(this.nats.url).port);
    const log = join(name === 'a' ? (this.smallDisk ?? this.folder) : this.folder, `log-${name}`);
    const words = ['gateway', file, '--log', log, '--log-mib', '20', '--upstream', `nats://127.0.0.1:${port}`];
    const started = await LiveProcess.start(words, { preload, env: { COLDRIG_STEPPED_CLOCK: this.clockOf(name) } });
    this.gateways.set(name, started);
  }

  async startIngester(number: number): Promise<void> {
    const words = ['ingest', '--store', this.store.address, '--nats', this.nats.url, '--part', `${number}/2`];
    const log = join(this.folder, `ingest-${number}`);
    this.ingesters[number - 1] = await LiveProcess.start([...words, '--log', log, '--name', `ingest-${number}`]);
  }

  gateway(name: GatewayName): LiveProcess {
    return this.gateways.get(name) as LiveProcess;
  }

  /** The clock of a gateway is so far ahead from now on. */
  step(name: GatewayName, aheadMs: number): void {
    writeFileSync(this.clockOf(name), `${aheadMs}`);
    try {
      process.kill(this.gateway(name).pid, 'SIGUSR2');
    } catch {
      // It was killed; the next one begins with this clock.
    }
  }

  async end(): Promise<void> {
    await this.stream.close();
    await Promise.allSettled([...this.gateways.values(), ...this.ingesters].map((one) => one.end()));
    for (const { close } of this.targets.values()) close();
    this.link.close();
    await this.nats.end();
    await this.store.end();
    if (this.smallDisk !== undefined) execFileSync('umount', ['-l', this.smallDisk]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private targetOf(device: PlayedDevice): string {
    return (this.targets.get(device) as { target: string }).target;
  }

  private clockOf(name: GatewayName): string {
    return join(this.folder, `${name}.clock`);
  }
}

function mounted(folder: string): string | undefined {
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder], { stdio: 'pipe' });
    return folder;
  } catch {
    return undefined;
  }
}
