import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Claim, claimFile } from './lock.ts';

const script = fileURLToPath(new URL('./testing-claim.mjs', import.meta.url));

/** A process that claims files when it is told to. */
class Claimer {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;

  static async start(wrapper: string[] = []): Promise<Claimer> {
    const claimer = new Claimer([...wrapper, process.execPath, script]);
    claimer.process = await claimer.line();
    claimers.push(claimer);
    return claimer;
  }

  /** "process N", as it sees itself. */
  process = '';

  private constructor([command, ...words]: string[]) {
    this.child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.reader = createInterface({ input: this.child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
  }

  async ask(word: 'claim' | 'release', path: string): Promise<string> {
    this.child.stdin.write(`${JSON.stringify([word, path])}\n`);
    return await this.line();
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }

  private async line(): Promise<string> {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the process that claims ended');
    return value;
  }
}

let folder = '';
let path = '';
const claimers: Claimer[] = [];
const claims: Claim[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-lock-'));
  path = join(folder, 'device.bin');
});
afterEach(async () => {
  for (const claim of claims.splice(0)) claim.release();
  await Promise.all(claimers.splice(0).map((claimer) => claimer.kill()));
  rmSync(folder, { recursive: true });
});

function claim(name = path, lockers?: string[]): Claim {
  const made = claimFile(name, lockers);
  claims.push(made);
  return made;
}

/** Releases a claim, and removes it from `claims`, which the end of each test releases. */
function giveBack(given: Claim): void {
  claims.splice(claims.indexOf(given), 1);
  given.release();
}

describe('a claim of a device file', () => {
  it('is for one at a time, and can be taken again when it was given back', () => {
    writeFileSync(path, 'x');
    const first = claim();
    expect(() => claim()).toThrow(`the device file ${path} is in use by another run; end that run, or copy`);
    giveBack(first);
    giveBack(claim());
    expect(readdirSync(folder)).toEqual(['device.bin']);
  });

  it('makes the file where there is none, and takes it away again when nothing was written', () => {
    const first = claim();
    expect(readdirSync(folder)).toEqual(['device.bin']);
    expect(() => claim()).toThrow('is in use');
    giveBack(first);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('holds for every name of the file', () => {
    writeFileSync(path, 'x');
    mkdirSync(join(folder, 'elsewhere'));
    symlinkSync(path, join(folder, 'soft.bin'));
    symlinkSync(folder, join(folder, 'folder'));
    linkSync(path, join(folder, 'elsewhere', 'hard.bin'));
    const first = claim();
    const names = ['soft.bin', 'folder/device.bin', 'elsewhere/hard.bin', 'elsewhere/../device.bin'];
    for (const name of names) expect(() => claim(`${folder}/${name}`), name).toThrow('is in use');
    giveBack(first);
    for (const name of names) giveBack(claim(`${folder}/${name}`));
  });

  it('is of the file that is there, not of one that was moved away', () => {
    writeFileSync(path, 'x');
    claim();
    renameSync(path, join(folder, 'moved.bin'));
    claim();
    expect(() => claim(join(folder, 'moved.bin'))).toThrow('is in use');
  });

  it('asks nothing of a .lock that is there, whoever made it and whatever it is', () => {
    // As a version before this one left it, with a number that another process has by now.
    writeFileSync(`${path}.lock`, `${process.ppid}\n`);
    giveBack(claim());
    rmSync(`${path}.lock`);
    mkdirSync(`${path}.lock`);
    giveBack(claim());
  });
});

describe.skipIf(process.platform !== 'linux')('on Linux, the lock', () => {
  const missing = (helper: string) => spawnSync(helper, ['--version']).error !== undefined;

  for (const helper of ['flock', 'python3', 'perl']) {
    it.skipIf(missing(helper))(`is got by ${helper} as by any other`, () => {
      const first = claim(path, [helper]);
      for (const other of ['flock', 'python3', 'perl'].filter((name) => !missing(name)))
        expect(() => claim(path, [other]), other).toThrow('is in use by another run');
      giveBack(first);
      giveBack(claim(path, [helper]));
    });
  }

  it('cannot be had without a helper, and it says which ones would do', () => {
    expect(() => claim(path, [])).toThrow(/cannot be locked: that needs one of .*install one of them/);
    expect(() => claim(path, ['flock-that-is-not-there'])).toThrow('cannot be locked');
    expect(readdirSync(folder)).toEqual(['device.bin']);
  });
});

describe('processes that claim one file', () => {
  it('at once, many times: one of them has it, and the others are told', async () => {
    const racers = await Promise.all([Claimer.start(), Claimer.start(), Claimer.start()]);
    for (let round = 0; round < 12; round++) {
      // Of the first rounds the file is new.
      if (round === 6) writeFileSync(path, 'x');
      const answers = await Promise.all(racers.map((racer) => racer.ask('claim', path)));
      expect(
        answers.filter((answer) => answer === 'claimed'),
        answers.join('\n'),
      ).toHaveLength(1);
      expect(answers.filter((answer) => answer.includes('is in use by another run'))).toHaveLength(2);
      await racers[answers.indexOf('claimed')].ask('release', path);
    }
  });

  it('have it at once after the one that had it was killed', async () => {
    writeFileSync(path, 'x');
    for (let round = 0; round < 4; round++) {
      const holder = await Claimer.start();
      expect(await holder.ask('claim', path)).toBe('claimed');
      expect(() => claim()).toThrow('is in use');
      await holder.kill();
      giveBack(claim());
    }
  });

  // Root may write any file, so the test runs the process as the user nobody.
  const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
  const noNobody = asNobody.length > 0 && spawnSync(asNobody[0], [...asNobody.slice(1), 'true']).status !== 0;
  it.skipIf(noNobody)('are told when they may not write it, or may make none in the folder', async () => {
    writeFileSync(path, 'x', { mode: 0o444 });
    chmodSync(folder, 0o555);
    const claimer = await Claimer.start(asNobody);
    for (const name of [path, join(folder, 'new.bin')])
      expect(await claimer.ask('claim', name)).toMatch(
        /the device file .* cannot be opened for writing: permission denied \(EACCES\); check the path, the folder/,
      );
    chmodSync(folder, 0o755);
  });

  const inContainer = ['unshare', '--fork', '--pid', '--kill-child'];
  const noContainers = spawnSync(inContainer[0], [...inContainer.slice(1), 'true']).status !== 0;
  it.skipIf(noContainers)('are told apart also when each is process 1 of its container', async () => {
    writeFileSync(path, 'x');
    const [one, other] = [await Claimer.start(inContainer), await Claimer.start(inContainer)];
    expect([one.process, other.process]).toEqual(['process 1', 'process 1']);
    expect(await one.ask('claim', path)).toBe('claimed');
    expect(await other.ask('claim', path)).toContain('is in use');
    await one.ask('release', path);
    expect(await other.ask('claim', path)).toBe('claimed');
  });
});
