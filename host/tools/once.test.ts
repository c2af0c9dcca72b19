import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { madeOnce } from './once.ts';

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

  it('is waited for while the process that makes it runs', async () => {
    writeFileSync(`${file()}.lock`, String(process.pid));
    const waiting = wanted();
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(made).toBe(0);
    writeFileSync(file(), 'by another');
    expect([await waiting, made]).toEqual(['by another', 0]);
  });

  it('is made by those who wait when the process that was to make it is dead', async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(`${file()}.lock`, String(pid));
    expect(await Promise.all([wanted(), wanted()])).toEqual(['made 1', 'made 1']);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('is made by those who wait when its lock is older than any work takes', async () => {
    writeFileSync(`${file()}.lock`, String(process.pid));
    utimesSync(`${file()}.lock`, 0, 0);
    expect(await wanted()).toBe('made 1');
  });
});
