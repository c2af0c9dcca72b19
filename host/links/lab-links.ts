// All interfaces of an emulated fridge, opened and closed together: both Lake Shore instruments on TCP, the log folder, HTTP.

import type { Cryostat } from '../plant/cryostat/cryostat.ts';
import { CryostatView } from '../plant/cryostat/view.ts';
import { BlueforsHttpApi } from './bluefors/http-api.ts';
import { BlueforsLogFolder } from './bluefors/log-folder.ts';
import { BlueforsSystem } from './bluefors/system.ts';
import { Lab } from './lab.ts';
import { Model336 } from './lake-shore/model-336.ts';
import { Model372 } from './lake-shore/model-372.ts';
import { ScpiServer } from './lake-shore/scpi-server.ts';
import { scpiWire } from './lake-shore/scpi-wire.ts';
import type { Link } from './link.ts';
import { Pty } from './pty.ts';

export interface LabLinkOptions {
  /** Ports. Undefined leaves the instrument out, 0 lets the system choose. */
  model336?: number;
  model372?: number;
  http?: number;
  /** Paths of pseudo-terminals, for drivers that want a serial port. */
  pty336?: string;
  pty372?: string;
  /** Folder for the logs. */
  logs?: string;
  host?: string;
  speed: number;
  /** Called for each command that an instrument did not understand. */
  onIgnored?: (instrument: string, line: string, reason: string) => void;
  /** Called with a sentence when something happens to an open link. */
  onNotice?: (sentence: string) => void;
  onError?: (error: unknown) => void;
}

export class LabLinks {
  readonly lab: Lab;
  readonly links: Link[] = [];
  readonly model336: Model336;
  readonly model372: Model372;
  private readonly options: LabLinkOptions;
  private readonly system: BlueforsSystem;

  constructor(cryostat: Cryostat, options: LabLinkOptions) {
    this.options = options;
    const view = new CryostatView(cryostat);
    this.model336 = new Model336(view);
    this.model372 = new Model372(view);
    this.system = new BlueforsSystem(view, this.model372);
    const startMs = Date.now() - cryostat.timeNs / 1e6;
    const folder =
      options.logs === undefined
        ? undefined
        : new BlueforsLogFolder({ root: options.logs, system: this.system, startMs });
    this.lab = new Lab(cryostat, {
      ...{ instruments: [this.model336, this.model372], speed: options.speed, onError: options.onError },
      onSample: () => folder?.log(),
    });
  }

  /** Opens all ports and starts the clock of the lab. When a port cannot be opened, those before it are closed again. */
  async open(): Promise<void> {
    const { host, http, onIgnored, onNotice } = this.options;
    const startMs = Date.now() - this.lab.cryostat.timeNs / 1e6;
    const instruments = [
      ['lake-shore-336', this.options.model336, this.options.pty336, this.model336],
      ['lake-shore-372', this.options.model372, this.options.pty372, this.model372],
    ] as const;
    try {
      for (const [name, port, path, instrument] of instruments) {
        const ignored = (line: string, reason: string) => onIgnored?.(name, line, reason);
        if (path !== undefined)
          this.links.push(await Pty.open({ wire: scpiWire(instrument, ignored), path, onNotice }));
        if (port === undefined) continue;
        this.links.push(await ScpiServer.open({ name, instrument, port, host, onIgnored: ignored }));
      }
      if (http !== undefined) {
        this.links.push(await BlueforsHttpApi.open({ system: this.system, port: http, host, startMs }));
      }
    } catch (error) {
      await this.close();
      throw error;
    }
    this.lab.start();
  }

  async close(): Promise<void> {
    this.lab.stop();
    await Promise.allSettled(this.links.splice(0).map((link) => link.close()));
  }
}
