// Devices, gateways, the network and the hub above them, all played: a virtual minute of it takes milliseconds.
//
//   PlayedDevice ──> PlayedGateway (disk in memory) ──PlayedNet──> PlayedHub (disk in memory)
//
// A node is killed at a write: what its disk has then is what its successor finds; whatever the old one does from then on reaches nobody.

import { Forwarder } from '../forward/forwarder.ts';
import { LinkUpstream } from '../forward/link-upstream.ts';
import { Receiver } from '../forward/receiver.ts';
import { Gateway } from '../gateway/gateway.ts';
import { OwnRecords } from '../gateway/own-records.ts';
import { Quarantine } from '../gateway/quarantine.ts';
import { DiskLog, type DiskLogOptions } from '../log/disk-log.ts';
import type { Appended, LogEntry, StoredEntry } from '../log/record-log.ts';
import { FakeLogDisk } from '../log/testing/fake-log-disk.ts';
import type { PlayedDevice } from './play-device.ts';
import type { PlayedNet } from './play-net.ts';
import type { VirtualTime } from './virtual-time.ts';

const folder = '/log';

/** A process with a disk: it can be killed at a write, and started again with what its disk has. */
abstract class PlayedNode {
  disk = new FakeLogDisk();
  log!: DiskLog;
  kills = 0;
  protected readonly time: VirtualTime;
  protected life: AbortController | undefined;
  private readonly logOptions: Partial<DiskLogOptions>;

  constructor(time: VirtualTime, logOptions: Partial<DiskLogOptions> = {}) {
    this.time = time;
    this.logOptions = logOptions;
  }

  start(): void {
    const life = new AbortController();
    this.life = life;
    this.log = DiskLog.open(folder, { time: this.time, disk: this.disk, segmentBytes: 2_000, ...this.logOptions });
    this.run(life.signal);
  }

  /** At the write of this number from now; the successor starts after a while. `luck`: with a loss of power, which leaves what was not synced to chance. */
  killAtWrite(writes: number, restMs: number, luck?: (choices: number) => number): void {
    let left = writes;
    const { fake } = this.disk;
    fake.onOperation = () => {
      if (left-- !== 0) return;
      this.kills++;
      const next = luck ? this.disk.afterPowerOff(luck) : this.disk.afterKill();
      this.end();
      this.time.after(restMs, () => {
        this.disk = next;
        this.start();
      });
    };
  }

  end(): void {
    this.life?.abort(new Error('killed'));
    this.life = undefined;
  }

  protected abstract run(signal: AbortSignal): void;
}

export class PlayedGateway extends PlayedNode {
  readonly name: string;
  private readonly devices: readonly PlayedDevice[];
  private readonly net: PlayedNet;
  private readonly pollMs: number;
  private readonly isHasty: boolean;

  constructor(
    name: string,
    devices: readonly PlayedDevice[],
    net: PlayedNet,
    time: VirtualTime,
    options: { log?: Partial<DiskLogOptions>; pollMs?: number; isHasty?: boolean } = {},
  ) {
    super(time, options.log);
    this.pollMs = options.pollMs ?? 700;
    this.isHasty = options.isHasty ?? false;
    this.name = name;
    this.devices = devices;
    this.net = net;
  }

  override end(): void {
    const { life } = this;
    super.end();
    if (life !== undefined) this.net.cut(life);
  }

  protected run(signal: AbortSignal): void {
    const { time, net } = this;
    const log = this.isHasty ? hasty(this.log) : this.log;
    const owner = this.life as object;
    const isOurs = () => this.life === owner;
    const quarantine = new Quarantine(this.disk, folder);
    const gateway = new Gateway({ name: this.name, version: '0', log, quarantine, time, pollMs: this.pollMs });
    const connect = async () => {
      if (!isOurs()) throw new Error('dead');
      return net.connect(owner);
    };
    const upstream = new LinkUpstream({ name: 'hub', from: this.name, connect, time, answerMs: 2_000 });
    const sources = this.devices.map((device) => device.source(time, isOurs));
    void gateway.run(sources, signal).catch(() => {});
    void new Forwarder({ log, name: 'up', upstream, time, most: 5 }).run(signal).catch(() => {});
  }
}

/** The same log, which says that it has what it was told before it has it. */
const hasty = (log: DiskLog): DiskLog =>
  Object.create(log, {
    append: {
      value: async (entries: readonly LogEntry[]): Promise<Appended> => {
        void log.append(entries);
        return { outcomes: entries.map(() => 'stored'), taken: entries.length };
      },
    },
  });

export class PlayedHub extends PlayedNode {
  readonly net: PlayedNet;

  constructor(net: PlayedNet, time: VirtualTime) {
    super(time);
    this.net = net;
  }

  override end(): void {
    super.end();
    this.net.accept = (stream) => stream.close();
    this.net.cut();
  }

  async entries(): Promise<StoredEntry[]> {
    if (this.log.status().end === 0) return [];
    return (await this.log.reader('check')).read(100_000, new AbortController().signal);
  }

  protected run(): void {
    const { log, time } = this;
    const own = new OwnRecords('hub', log, time);
    const quarantine = new Quarantine(this.disk, folder);
    const receiver = new Receiver({ log, own, quarantine, nowNs: () => time.wallNs() });
    this.net.accept = (stream) => receiver.serve(stream);
  }
}
