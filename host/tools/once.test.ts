import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { madeOnce } from './once.ts';

/** The tests take the lock as a process of another kind would. */
const hasFlock = spawnSync('flock', ['--version']).status === 0;

describe('a file that is made once', () => {
  let folder = '';
  let made = 0;
  const file = () => join(folder, 'file');
  const found = () => (existsSync(file()) ? readFileSync(file(), 'utf8') : undefined);
  const make = async () => {
    await new Promise((resolve) => setTimeout(resolve, 10));
    made += 1;
    writeFileSync(file(), `made ${made}`);
    return `made ${made}`;
  };
  const wanted = () => madeOnce(file(), found, make);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-once-'));
    made = 0;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is made by one of those who want it at once, and all get it', async () => {
    expect(await Promise.all([wanted(), wanted(), wanted()])).toEqual(['made 1', 'made 1', 'made 1']);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('is not made where it is there', async () => {
    writeFileSync(file(), 'older');
    expect([await wanted(), made]).toEqual(['older', 0]);
  });

  it('is made by the next one where making it failed', async () => {
    await expect(madeOnce(file(), found, () => Promise.reject(new Error('no room')))).rejects.toThrow('no room');
    expect(await wanted()).toBe('made 1');
  });

  it.skipIf(!hasFlock)('is waited for while another process makes it', async () => {
    const other = spawn('sh', ['-c', 'exec 3>"$1"; flock 3; echo locked; cat', '-', `${file()}.lock`]);
    await once(other.stdout, 'data');
    let isOver = false;
    const waiting = wanted().then((got) => {
      isOver = true;
      return got;
    });
    await turns(3);
    expect([made, isOver]).toEqual([0, false]);
    writeFileSync(file(), 'by another');
    expect([await waiting, made]).toEqual(['by another', 0]);
    other.kill('SIGKILL');
  });

  it.skipIf(!hasFlock)('is made by those who wait as soon as the process that was to make it is dead', async () => {
    const other = spawn('sh', ['-c', 'exec 3>"$1"; flock 3; echo locked; exec sleep 1000', '-', `${file()}.lock`]);
    await once(other.stdout, 'data');
    const waiting = Promise.all([wanted(), wanted()]);
    await turns(3);
    other.kill('SIGKILL');
    expect(await waiting).toEqual(['made 1', 'made 1']);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it.each([1, process.pid, 4_000_000])(
    'does not wait for a dead process whose number, %d, may be that of another',
    async (number) => {
      writeFileSync(`${file()}.lock`, String(number));
      expect(await wanted()).toBe('made 1');
      expect(readdirSync(folder)).toEqual(['file']);
    },
  );
});

/** As many looks of those who wait. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 50));
}
