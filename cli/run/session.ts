// A board that is up for clients: pacer, links, live log, device file, input log, and an end that leaves nothing behind.

import type { Board } from '../../host/board/board.ts';
import { Gateway } from '../../host/links/gateway.ts';
import { type InputLogHead, InputLogWriter } from '../../host/links/input-log.ts';
import { CONSOLE_LINE, GATEWAY_LINE, type Link } from '../../host/links/link.ts';
import { Pacer, type Speed } from '../../host/links/pacer.ts';
import { Pty } from '../../host/links/pty.ts';
import { SerialTcp } from '../../host/links/serial-tcp.ts';
import { saveDevice } from './device-file.ts';

export interface LinkOptions {
  /** UDP port of the gateway; undefined for none. */
  udp?: number;
  /** Address UDP and TCP listen on. */
  host?: string;
  /** TCP port of the console. */
  serial?: number;
  /** Path of the console's pseudo-terminal. */
  pty?: string;
}

export interface SessionOptions extends LinkOptions {
  speed: Speed;
  /** Told in a sentence what happened to a link while it was open. */
  onNotice?: (sentence: string) => void;
  /** The session ends at this virtual time. */
  untilNs?: number;
  /** File the device is kept in. */
  flash?: string;
  /** File all inputs are written to, with what a replay must know. */
  record?: { path: string } & InputLogHead;
}

/** How often the device file is brought up to date while the board runs. */
const SAVE_EVERY_MS = 10_000;

export class Session {
  readonly board: Board;
  readonly links: Link[] = [];
  private readonly pacer: Pacer;
  private readonly options: SessionOptions;
  private readonly inputLog: InputLogWriter | undefined;
  private saveTimer: NodeJS.Timeout | undefined;
  private savedHash = '';
  private ended: (error?: unknown) => void = () => {};
  /** Settles when the session is over: rejects when the bench itself failed. */
  readonly over: Promise<void>;

  constructor(board: Board, options: SessionOptions) {
    this.board = board;
    this.options = options;
    this.over = new Promise((resolve, reject) => {
      this.ended = (error) => (error === undefined ? resolve() : reject(error));
    });
    const { record } = options;
    this.inputLog = record && inputLogOf(record);
    this.pacer = new Pacer(board, {
      speed: options.speed,
      onInput: this.inputLog && ((input) => this.inputLog?.input(input)),
      untilNs: options.untilNs,
      onEnd: () => this.ended(),
      onError: (error) => this.ended(error),
    });
  }

  /** Opens all links. When one cannot be opened, those before it are closed again. */
  async open(): Promise<void> {
    const { udp, host, serial, pty, flash, onNotice } = this.options;
    const console = this.pacer.wire(CONSOLE_LINE);
    try {
      if (udp !== undefined) {
        this.links.push(await Gateway.open({ wire: this.pacer.wire(GATEWAY_LINE), port: udp, host }));
      }
      if (serial !== undefined) this.links.push(await SerialTcp.open({ wire: console, port: serial, host }));
      if (pty !== undefined) this.links.push(await Pty.open({ wire: console, path: pty, onNotice }));
      if (flash !== undefined) this.save();
    } catch (error) {
      await this.closeLinks();
      throw error;
    }
  }

  /** Lets time pass, from now on. */
  go(): void {
    if (this.options.flash !== undefined) this.saveTimer = setInterval(() => this.saveInBackground(), SAVE_EVERY_MS);
    this.pacer.start();
  }

  /** Ends the session from outside, as Ctrl-C does. */
  end(): void {
    this.ended();
  }

  /** Closes links, saves the device, completes the input log. To be called however the session ended. */
  async stop(): Promise<void> {
    this.pacer.stop();
    clearInterval(this.saveTimer);
    await this.closeLinks();
    this.save();
    this.inputLog?.close({ endNs: this.board.now, logHash: this.board.logHash });
  }

  private async closeLinks(): Promise<void> {
    await Promise.allSettled(this.links.splice(0).map((link) => link.close()));
  }

  private saveInBackground(): void {
    try {
      this.save();
    } catch (error) {
      this.ended(error);
    }
  }

  /** Loss of power is what the file stands for: RAM is not kept. Nothing is written when nothing has happened. */
  private save(): void {
    const { flash } = this.options;
    if (flash === undefined || this.savedHash === this.board.logHash) return;
    saveDevice(flash, { flash: this.board.flashImage(), fuses: this.board.fuseWords() });
    this.savedHash = this.board.logHash;
  }
}

function inputLogOf({ path, ...head }: { path: string } & InputLogHead): InputLogWriter {
  return new InputLogWriter(path, head);
}
