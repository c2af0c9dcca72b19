import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open as openFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, FakeWire } from './fake-line.ts';
import { Pty, type PtyHelper } from './pty.ts';

let folder = '';
let opened: Pty | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-pty-'));
});
afterEach(async () => {
  await opened?.close();
  opened = undefined;
  rmSync(folder, { recursive: true });
});

async function ptyOn(wire: FakeWire, helper: PtyHelper): Promise<string> {
  const path = join(folder, 'console');
  opened = await Pty.open({ wire, path, helpers: [helper] });
  return path;
}

async function read(terminal: FileHandle, length: number): Promise<string> {
  let text = '';
  while (text.length < length)
    text += (await terminal.read(Buffer.alloc(256), 0, 256)).buffer.toString('latin1').replace(/\0+$/, '');
  return text;
}

/** Process number of its helper, as a person would find it with ps. */
function helperOf(pty: Pty): number {
  const { child } = pty as unknown as { child: { pid: number } };
  return child.pid;
}

const echo = () => new FakeWire((bytes) => bytes);
const isInstalled = (helper: PtyHelper) => spawnSync(helper, ['-V']).error === undefined;

for (const helper of ['python3', 'socat'] as const) {
  describe.skipIf(!isInstalled(helper))(`the console as a pseudo-terminal (through ${helper})`, () => {
    it('is raw: control characters that open a console frame pass, nothing is echoed or translated', async () => {
      const wire = echo();
      const terminal = await openFile(await ptyOn(wire, helper), 'r+');
      await terminal.write('\x06\x09AAA=\n\x04\x14BBB=\n\x03\x7f\r');
      expect(await read(terminal, 17)).toBe('\x06\x09AAA=\n\x04\x14BBB=\n\x03\x7f\r');
      expect(wire.text).toBe('\x06\x09AAA=\n\x04\x14BBB=\n\x03\x7f\r');
      await terminal.close();
    });

    it('serves one client after another', async () => {
      const path = await ptyOn(echo(), helper);
      for (const word of ['first', 'second', 'third']) {
        const terminal = await openFile(path, 'r+');
        await terminal.write(word);
        expect(await read(terminal, word.length)).toBe(word);
        await terminal.close();
      }
    });

    it('passes on all that a client wrote, also when the client closes at once', async () => {
      const wire = new FakeWire();
      const path = await ptyOn(wire, helper);
      const written = 'a line of a script that is sent without waiting\n'.repeat(800);
      const terminal = await openFile(path, 'r+');
      for (let at = 0; at < written.length; ) at += (await terminal.write(written.slice(at))).bytesWritten;
      await terminal.close();
      await eventually('the whole text', () => wire.text.length === written.length);
      expect(wire.text).toBe(written);
    });

    it('keeps what a client wrote that came while the one before left', async () => {
      const path = await ptyOn(echo(), helper);
      for (let round = 0; round < 100; round++) {
        const terminal = await openFile(path, 'r+');
        await terminal.write('question');
        expect(await read(terminal, 8)).toBe('question');
        await terminal.close();
      }
    });

    it('is there again when its helper was killed, and says so', async () => {
      const notices: string[] = [];
      const path = join(folder, 'console');
      opened = await Pty.open({
        wire: echo(),
        path,
        helpers: [helper],
        onNotice: (sentence) => notices.push(sentence),
      });
      for (const round of [1, 2]) {
        process.kill(helperOf(opened), 'SIGKILL');
        await eventually('the notice', () => notices.length === round);
        expect(notices[round - 1]).toBe(
          `the helper of the console at ${path} (${helper}) ended by itself (SIGKILL); a new one is there: clients open ${path} again`,
        );
        const terminal = await openFile(path, 'r+');
        await terminal.write('again');
        expect(await read(terminal, 5)).toBe('again');
        await terminal.close();
      }
    });

    it('takes its link along when it is closed', async () => {
      const wire = echo();
      const path = await ptyOn(wire, helper);
      expect(existsSync(path)).toBe(true);
      await opened?.close();
      expect(existsSync(path)).toBe(false);
      expect(wire.listenerCount).toBe(0);
    });
  });
}

describe.skipIf(!isInstalled('python3'))('the pseudo-terminal helper', () => {
  it('keeps from a client what was said before it came', async () => {
    const wire = new FakeWire();
    const path = await ptyOn(wire, 'python3');
    wire.fromBoard(Buffer.from('stale'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    const terminal = await openFile(path, 'r+');
    await terminal.write('?');
    await eventually('the question', () => wire.text === '?');
    wire.fromBoard(Buffer.from('fresh'));
    expect(await read(terminal, 5)).toBe('fresh');
    await terminal.close();
  });

  it('replaces the link of a run that was killed', async () => {
    symlinkSync('/dev/pts/9999', join(folder, 'console'));
    const terminal = await openFile(await ptyOn(echo(), 'python3'), 'r+');
    await terminal.close();
  });

  it('belongs to one run at a time, and leaves nothing', async () => {
    const path = await ptyOn(echo(), 'python3');
    const terminal = readlinkSync(path);
    await expect(Pty.open({ wire: echo(), path })).rejects.toThrow(`${path} is the terminal of another run; end that`);
    expect(readlinkSync(path)).toBe(terminal);
    await opened?.close();
    await ptyOn(echo(), 'python3');
    await opened?.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('leaves a link alone that somebody else has made', async () => {
    const path = await ptyOn(echo(), 'python3');
    unlinkSync(path);
    symlinkSync('/dev/ttyUSB0', path);
    await opened?.close();
    expect(readlinkSync(path)).toBe('/dev/ttyUSB0');
    await expect(Pty.open({ wire: echo(), path })).rejects.toThrow('is no terminal of an earlier run; remove it');
    expect(readlinkSync(path)).toBe('/dev/ttyUSB0');
  });

  it('gives a terminal up whose helpers end again and again, and says so', async () => {
    const notices: string[] = [];
    const path = join(folder, 'console');
    opened = await Pty.open({
      wire: new FakeWire(),
      path,
      helpers: ['python3'],
      onNotice: (text) => notices.push(text),
    });
    for (let round = 1; round <= 4; round++) {
      process.kill(helperOf(opened), 'SIGKILL');
      await eventually('the notice', () => notices.length === round);
    }
    expect(notices[3]).toMatch(
      /ended by itself \(SIGKILL\), 4 times in a row; the terminal is given up, other links go on$/,
    );
    expect(existsSync(path)).toBe(false);
  });

  it('leaves a file of somebody else’s alone', async () => {
    const path = join(folder, 'console');
    writeFileSync(path, 'mine');
    await expect(Pty.open({ wire: echo(), path })).rejects.toThrow('is no terminal of an earlier run; remove it');
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  it('says when the folder of the link is missing', async () => {
    const path = join(folder, 'nowhere', 'console');
    await expect(Pty.open({ wire: echo(), path })).rejects.toThrow(`could not open a pseudo-terminal at ${path}`);
  });

  it('says what to install when there is neither helper', async () => {
    await expect(Pty.open({ wire: echo(), path: join(folder, 'console'), helpers: [] })).rejects.toThrow(
      'a pseudo-terminal needs python3 or socat',
    );
  });
});
