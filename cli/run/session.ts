// A board that is up for clients: pacer, links, live log, device file, input log, and an end that leaves nothing behind.
//
// What must stay true: what the device became is in its file before a client, or who reads the log, is told anything (`keep`).

import type { Board } from '../../host/board/board.ts';
import { BoardView } from '../../host/board/view.ts';
import type { DeviceFile } from '../../host/links/device-file/device-file.ts';
import { Gateway } from '../../host/links/gateway.ts';
import { type InputLogHead, InputLogWriter } from '../../host/links/input-log.ts';
import { CONSOLE_LINE, GATEWAY_LINE, type Link } from '../../host/links/link.ts';
import { Pacer, type Speed } from '../../host/links/pacer.ts';
import { Pty } from '../../host/links/pty.ts';
import { SerialTcp } from '../../host/links/serial-tcp.ts';
import { openOutput } from '../files.ts';

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
  /** File the device is kept in; the session closes it. */
  file?: DeviceFile;
  /** File all inputs are written to, with what a replay must know. */
  record?: { path: string } & InputLogHead;
}

export class Session {
  readonly board: Board;
  readonly links: Link[] = [];
  private readonly view: BoardView;
  private readonly pacer: Pacer;
  private readonly options: SessionOptions;
  private inputLog: InputLogWriter | undefined;
  private ended: (error?: unknown) => void = () => {};
  /** Settles when the session is over: rejects when the bench itself failed. */
  readonly over: Promise<void>;

  constructor(board: Board, options: SessionOptions) {
    this.board = board;
    this.view = new BoardView(board);
    this.options = options;
    this.over = new Promise((resolve, reject) => {
      this.ended = (error) => (error === undefined ? resolve() : reject(error));
    });
    this.pacer = new Pacer(board, {
      speed: options.speed,
      onInput: options.record && ((input) => this.inputLog?.input(input)),
      onOutput: options.file && (() => this.keep()),
      untilNs: options.untilNs,
      onEnd: () => this.ended(),
      onError: (error) => this.ended(error),
    });
  }

  /** Opens all links. When one cannot be opened, those before it are closed again. */
  async open(): Promise<void> {
    const { udp, host, serial, pty, file, record } = this.options;
    const onNotice = (sentence: string) => this.notice(sentence);
    const console = this.pacer.wire(CONSOLE_LINE);
    try {
      if (udp !== undefined) {
        this.links.push(await Gateway.open({ wire: this.pacer.wire(GATEWAY_LINE), port: udp, host }));
      }
      if (serial !== undefined) this.links.push(await SerialTcp.open({ wire: console, port: serial, host }));
      if (pty !== undefined) this.links.push(await Pty.open({ wire: console, path: pty, onNotice }));
      file?.begin(this.view);
      // Last, so that a run that cannot begin leaves the log of an older one as it is.
      this.inputLog = record && inputLogOf(record);
    } catch (error) {
      await this.closeLinks();
      throw error;
    }
  }

  /** Lets time pass, from now on. */
  go(): void {
    this.pacer.start();
  }

  /** Ends the session from outside, as Ctrl-C does. */
  end(): void {
    this.ended();
  }

  /** Puts on disk what the device is now; to be called before anybody is told of it. Loss of power is what the file stands for: RAM is not kept. */
  keep(): void {
    this.options.file?.keep(this.view);
  }

  /** Closes links, saves the device, completes the input log. To be called however the session ended. */
  async stop(): Promise<void> {
    this.pacer.stop();
    await this.closeLinks();
    this.options.file?.close(this.view);
    this.inputLog?.close({ endNs: this.board.now, logHash: this.board.logHash });
  }

  /** A link speaks up by itself, so what goes wrong there ends the session. */
  private notice(sentence: string): void {
    try {
      this.options.onNotice?.(sentence);
    } catch (error) {
      this.ended(error);
    }
  }

  private async closeLinks(): Promise<void> {
    await Promise.allSettled(this.links.splice(0).map((link) => link.close()));
  }
}

function inputLogOf({ path, ...head }: { path: string } & InputLogHead): InputLogWriter {
  return new InputLogWriter(openOutput(path, 'the input log'), head);
}
