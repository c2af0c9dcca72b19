// `coldrig run --dashboard`: a gateway beside the emulated board, in the same process. It is a client of the board like any other.
//
// What must stay true: a new device gets a new log, because it begins its numbers again; a device that is kept in a file has its log beside that file.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpPlace, usualPlace } from '../../host/telemetry/metrics/serve.ts';
import { runGateway } from '../../host/telemetry/run-gateway.ts';
import { hostTime } from '../../host/telemetry/time.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { gatewayFailure } from '../telemetry/gateway-failure.ts';

export interface DashboardOptions {
  /** Address of the board: udp://host:port */
  target: string;
  cryostat: string;
  /** File that the device is kept in. */
  flash?: string;
  place?: HttpPlace;
}

export class Dashboard {
  /** For people: http://host:port/ */
  readonly address: string;
  private readonly stop: AbortController;
  private readonly ended: Promise<unknown>;

  /** Resolves when the page can be asked for. Throws a Failure where it cannot. */
  static async open({ target, cryostat, flash, place = usualPlace }: DashboardOptions): Promise<Dashboard> {
    const folder = flash === undefined ? mkdtempSync(join(tmpdir(), 'coldrig-telemetry-')) : `${flash}.telemetry`;
    const stop = new AbortController();
    const dashboard = await new Promise<Dashboard>((resolve, reject) => {
      const ended = runGateway(
        {
          ...{ name: 'run', version: packageFile.version, folder, embedded: { place }, time: hostTime },
          // Every address of this machine is no address of a device.
          devices: [{ target: target.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:'), cryostat }],
          onEvent: (event) => {
            if (event.event === 'ready') resolve(new Dashboard(event.address as string, stop, ended));
          },
        },
        stop.signal,
      ).finally(() => {
        if (flash === undefined) rmSync(folder, { recursive: true, force: true });
      });
      ended.catch((error) => reject(gatewayFailure(error)));
    });
    return dashboard;
  }

  private constructor(address: string, stop: AbortController, ended: Promise<unknown>) {
    this.address = address;
    this.stop = stop;
    this.ended = ended;
  }

  /** Leaves the log clean. */
  async end(): Promise<void> {
    this.stop.abort(new Error('ended'));
    await this.ended;
  }
}
