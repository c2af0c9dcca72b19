// The serial console as a pseudo-terminal, for tools that want a serial port: `--pty /tmp/coldrig` and then
// `smpmgr --port /tmp/coldrig`.
//
//   client  <->  /dev/pts/N  <->  helper process (python3, or socat)  <->  Wire
//
// Node.js cannot open a pseudo-terminal, so a helper does: python3 with host/links/pty-helper.py, which most Linux and macOS developer machines
// have, else socat. What must stay true: the path is a symbolic link that we made, never a file of somebody else; it is removed when the link is
// closed; and when a helper ends by itself, that is reported and a new one is started, so that a console does not stop without a message.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, lstatSync, openSync, readlinkSync, unlinkSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takeLock } from '../tools/once.ts';
import { BACKLOG_HIGH, type Link, LinkError, relieved, type Wire } from './link.ts';

const HELPER_SCRIPT = fileURLToPath(new URL('pty-helper.py', import.meta.url));
const START_TIMEOUT_MS = 10_000;
/** When the helper has more bytes to write than this, bytes of the board are dropped. */
const UNREAD_MAXIMUM = 128 * 1024;

export type PtyHelper = 'python3' | 'socat';

export interface PtyOptions {
  wire: Wire;
  /** The path of the symbolic link to the terminal. */
  path: string;
  /** Helpers to try, in this order. */
  helpers?: PtyHelper[];
  /** Called with a sentence when the helper ended by itself; it says what happened to the terminal. */
  onNotice?: (sentence: string) => void;
}

/** After so many helpers in a row that ended without carrying a byte, the terminal is given up. */
const FAILURES_MOST = 3;

export class Pty implements Link {
  readonly address: string;
  readonly helper: PtyHelper;
  private readonly path: string;
  private readonly wire: Wire;
  private readonly onNotice: (sentence: string) => void;
  private child: ChildProcess;
  private terminal: string | undefined;
  private release: () => void = () => {};
  private readonly unlisten: () => void;
  private failures = 0;
  private restarting: Promise<void> = Promise.resolve();
  private closed = false;
  private readonly giveBack: () => void;

  /** Opens a terminal. Throws `LinkError` when the path is taken or neither helper is installed. */
  static async open({ wire, path, helpers = ['python3', 'socat'], onNotice = () => {} }: PtyOptions): Promise<Pty> {
    const link = resolve(path);
    const giveBack = claim(link);
    try {
      clearStaleLink(link);
      for (const helper of helpers) {
        const child = await startHelper(helper, link);
        if (child) return new Pty(child, helper, link, wire, onNotice, giveBack);
      }
    } catch (error) {
      giveBack();
      throw error;
    }
    giveBack();
    throw new LinkError(
      `a pseudo-terminal needs python3 or socat, and neither was found (looked for ${helpers.join(', ')}); ` +
        'install one of them, or leave --pty out and use --serial PORT',
    );
  }

  private constructor(
    child: ChildProcess,
    helper: PtyHelper,
    path: string,
    wire: Wire,
    onNotice: (sentence: string) => void,
    giveBack: () => void,
  ) {
    this.giveBack = giveBack;
    this.helper = helper;
    this.path = path;
    this.wire = wire;
    this.onNotice = onNotice;
    this.address = `serial://${path}`;
    this.child = child;
    this.attend(child);
    this.unlisten = wire.listen((bytes) => {
      const { stdin } = this.child;
      if ((stdin?.writableLength ?? 0) <= UNREAD_MAXIMUM) stdin?.write(bytes);
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.unlisten();
    await this.restarting;
    this.release();
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit');
      child.stdin?.end();
      const kill = setTimeout(() => child.kill('SIGKILL'), 1000);
      await ended;
      clearTimeout(kill);
    }
    this.removeLink();
    this.giveBack();
  }

  /** Carries bytes for as long as this helper lives. */
  private attend(child: ChildProcess): void {
    const { wire } = this;
    this.child = child;
    this.terminal = linkTarget(this.path);
    this.release = this.helper === 'socat' ? holdOpen(this.path) : () => {};
    child.stdout?.on('data', (bytes) => {
      this.failures = 0;
      wire.send(bytes);
      if (wire.backlog <= BACKLOG_HIGH) return;
      child.stdout?.pause();
      relieved(wire).then(() => child.stdout?.resume());
    });
    // When the helper has ended, a write to it fails. The `exit` event handles that.
    child.stdin?.on('error', () => {});
    child.once('exit', (code, signal) => {
      if (!this.closed) this.restarting = this.startAnew(signal ?? `exit code ${code}`);
    });
  }

  private async startAnew(cause: string): Promise<void> {
    this.release();
    this.release = () => {};
    this.removeLink();
    const what = `the helper of the console at ${this.path} (${this.helper}) ended by itself (${cause})`;
    this.failures += 1;
    if (this.failures > FAILURES_MOST) {
      this.onNotice(`${what}, ${this.failures} times in a row; the terminal is given up, other links go on`);
      return;
    }
    try {
      const child = await startHelper(this.helper, this.path);
      if (!child) throw new LinkError(`${this.helper} is not installed any more`);
      this.attend(child);
      this.onNotice(`${what}; a new one is there: clients open ${this.path} again`);
    } catch (error) {
      this.onNotice(`${what}, and no new one could be started: ${(error as Error).message}`);
    }
  }

  /** A helper removes its link when it ends; this is for a helper that was killed. A link that another process made later stays. */
  private removeLink(): void {
    if (this.terminal !== undefined && linkTarget(this.path) === this.terminal) unlinkSync(this.path);
  }
}

function linkTarget(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

/** Makes the path ours until it is given back: a second run would take the link away from the first, whose clients would then speak to another board. */
function claim(path: string): () => void {
  let giveBack: (() => void) | undefined;
  try {
    giveBack = takeLock(`${path}.lock`);
  } catch (error) {
    // What is wrong with the folder the helper says.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return () => {};
  }
  if (giveBack !== undefined) return giveBack;
  throw new LinkError(`${path} is the terminal of another run; end that one, or choose another path for --pty`);
}

/** What helpers make, on Linux and on macOS; a link to a real serial port is somebody else's. */
const pseudoTerminal = /^\/dev\/(pts\/\d+|ttys\d+)$/;

/** Removes the link of a run that was killed; anything else at the path is not ours and stays. */
function clearStaleLink(path: string): void {
  if (!lstatSync(path, { throwIfNoEntry: false })) return;
  if (!pseudoTerminal.test(linkTarget(path) ?? '')) {
    throw new LinkError(
      `${path} exists and is no terminal of an earlier run; remove it or choose another path for --pty`,
    );
  }
  unlinkSync(path);
}

/** Starts a helper and waits until the terminal is there; undefined when the helper is not installed. */
async function startHelper(helper: PtyHelper, path: string): Promise<ChildProcess | undefined> {
  const child = spawn(helper, helperArguments[helper](path), { stdio: 'pipe' });
  let said = '';
  const outcome = await new Promise<'ready' | 'missing' | 'ended' | 'late'>((done) => {
    setTimeout(() => done('late'), START_TIMEOUT_MS).unref();
    child.once('error', () => done('missing'));
    child.once('close', () => done('ended'));
    child.stderr.on('data', (text) => {
      said += text;
      if (/\/dev\/\S+\n/.test(said) && existsSync(path)) done('ready');
    });
  });
  if (outcome === 'ready') return child;
  child.kill('SIGKILL');
  if (outcome === 'missing') return undefined;
  throw new LinkError(
    `${helper} could not open a pseudo-terminal at ${path}: ${said.trim().split('\n').at(-1) || 'it said nothing'}`,
  );
}

const helperArguments: Record<PtyHelper, (path: string) => string[]> = {
  python3: (path) => [HELPER_SCRIPT, path],
  socat: (path) => ['-d', '-d', '-t', '0.05', `PTY,raw,echo=0,link=${path}`, 'STDIO'],
};

/** socat ends when the last client leaves, so one client is always connected. */
function holdOpen(path: string): () => void {
  const terminal = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  return () => closeSync(terminal);
}
