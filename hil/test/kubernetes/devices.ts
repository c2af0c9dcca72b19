// Devices outside of the cluster, on this machine, which a gateway in it reads by SMP over UDP. Each record is an error of the multiplexer, so a counter in the store
// says how many arrived.

import { PlayedDevice } from '../../../host/telemetry/testing/play-device.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { serveByUdp } from '../telemetry/faults/udp-device.ts';
import { hostAddress } from './network.ts';

const count = 6;
/** More than a device makes in a run, so that none drops anything. */
const room = 50_000;
const recordMs = 100;
const critical = 2;
const error = (wire: readonly unknown[]) => [...wire.slice(0, 6), EventKind.CELL_LATE, ...wire.slice(7)];

export class Devices {
  readonly targets: string[] = [];
  private readonly all = Array.from({ length: count }, (_, at) => new PlayedDevice(serialOf(at + 1), room));
  private readonly ends: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  static async start(): Promise<Devices> {
    const devices = new Devices();
    for (const device of devices.all) {
      const { target, close } = await serveByUdp(device, hostAddress);
      devices.targets.push(target);
      devices.ends.push(close);
    }
    return devices;
  }

  /** Names of all records that were made. */
  get made(): string[] {
    return this.all.flatMap(({ made }) => made);
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

  end(): void {
    this.rest();
    for (const end of this.ends) end();
  }
}

const serialOf = (number: number) => number.toString(16).padStart(32, '0');
