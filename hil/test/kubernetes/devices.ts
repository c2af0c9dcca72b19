// Devices outside of the cluster, on this machine, which a gateway in it reads by SMP over UDP. Six are played: each record is an error of the multiplexer, so a counter
// in the store says how many arrived. One is an emulated board with its firmware, which tells what it tells, and numbers it.

import { PlayedDevice } from '../../../host/telemetry/testing/play-device.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { serveByUdp } from '../telemetry/faults/udp-device.ts';
import { LiveProcess } from '../telemetry/live/live-process.ts';
import { hostAddress } from './network.ts';
import type { GatewayDevice } from './overlay.ts';

const count = 6;
/** More than a device makes in a run, so that none drops anything. */
const room = 50_000;
/** Boards number themselves from 1 on. */
const firstSerial = 0xf001;
const recordMs = 100;
const critical = 2;
const error = (wire: readonly unknown[]) => [...wire.slice(0, 6), EventKind.CELL_LATE, ...wire.slice(7)];

export class Devices {
  readonly targets: GatewayDevice[] = [];
  private readonly all = Array.from({ length: count }, (_, at) => new PlayedDevice(serialOf(firstSerial + at), room));
  private readonly ends: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private board: LiveProcess | undefined;

  static async start(): Promise<Devices> {
    const devices = new Devices();
    for (const device of devices.all) {
      const { target, close } = await serveByUdp(device, hostAddress);
      devices.targets.push({ target });
      devices.ends.push(close);
    }
    devices.board = await LiveProcess.start(['run', '--fridge', 'uts', '--host', hostAddress, '--udp', '0']);
    const { links } = devices.board.ready as { links: string[] };
    devices.targets.push({ target: links[0], cryostat: 'board' });
    return devices;
  }

  /** Names of all records that the played ones have made. */
  get made(): string[] {
    return this.all.flatMap(({ made }) => made);
  }

  isPlayed(name: string): boolean {
    return this.all.some(({ serial }) => name.startsWith(serial));
  }

  /** Makes records from now on. */
  tell(): void {
    this.timer = setInterval(() => {
      for (const device of this.all) device.make(critical, error);
    }, recordMs);
  }

  rest(): void {
    clearInterval(this.timer);
  }

  async end(): Promise<void> {
    this.rest();
    await this.board?.end();
    for (const end of this.ends) end();
  }
}

const serialOf = (number: number) => number.toString(16).padStart(32, '0');
