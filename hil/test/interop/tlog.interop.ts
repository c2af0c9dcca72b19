// Other people's readers of transparency logs (Go's checksum database, Tessera's client) on an audit log of ours: they verify what is whole, and refuse what
// was changed, cut or put in another order. And our reader on a log that Tessera has written.

import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { coldrig } from '../../../cli/testing.ts';
import { AuditLog } from '../../../host/fleet/audit/audit-log.ts';
import { decodeBundle, encodeBundle } from '../../../host/fleet/audit/entries.ts';
import { formatVerifierKey, type NoteSigner } from '../../../host/fleet/audit/note.ts';
import { eventOf, signerOf } from '../../../host/fleet/audit/testing/log-in-memory.ts';
import { builtTool } from './install.ts';

const tool = await builtTool('tlog-reader');
const [ours, another] = [signerOf(1), signerOf(2)];

interface Told {
  size: number;
  proofs: number;
  grewFrom?: number;
  /** Why each of the two readers refused it. */
  sumdb?: string;
  tessera?: string;
}

describe.skipIf(tool.path === undefined)(`Go's readers of transparency logs, ${tool.missing ?? 'run'}`, () => {
  let folder = '';
  const at = (...names: string[]) => join(folder, ...names);

  /** Records so many events, from a number on. */
  async function grow(name: string, count: number, { from = 0, by = ours }: { from?: number; by?: NoteSigner } = {}) {
    const log = await AuditLog.open({ folder: at(name), signer: by });
    await Promise.all(Array.from({ length: count }, (_, index) => log.record(eventOf(from + index))));
    await log.close();
  }

  async function read(name: string, old?: string): Promise<Told> {
    const words = [at(name), at('ours.vkey'), ...(old === undefined ? [] : [at(old)])];
    const { stdout } = await promisify(execFile)(tool.path as string, words);
    return JSON.parse(stdout) as Told;
  }

  /** What both readers say who refuse a log; `undefined` where one takes it. */
  async function refusalsOf(name: string, old?: string): Promise<string | undefined> {
    const { sumdb, tessera } = await read(name, old);
    return sumdb && tessera && `${sumdb} | ${tessera}`;
  }

  /** A copy of the log with another file in it. */
  function changed(file: string, change: (bytes: Buffer) => Uint8Array): string {
    const name = `changed-${file.replaceAll('/', '-')}`;
    cpSync(at('log'), at(name), { recursive: true });
    writeFileSync(at(name, file), change(readFileSync(at(name, file))));
    return name;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-tlog-'));
    writeFileSync(at('ours.vkey'), `${formatVerifierKey(ours.key)}\n`);
    await grow('log', 300);
    cpSync(at('log', 'checkpoint'), at('old'));
    await grow('log', 400, { from: 300 });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('verify the checkpoint and every entry, and that the log has grown from an older checkpoint', async () => {
    expect(await read('log')).toEqual({ size: 700, proofs: 700 });
    expect(await read('log', 'old')).toEqual({ size: 700, proofs: 700, grewFrom: 300 });
  });

  test.each([1, 255, 256, 257, 512])('verify a log of %i entries', async (count) => {
    await grow(`log-${count}`, count);
    expect(await read(`log-${count}`)).toEqual({ size: count, proofs: count });
  });

  test('refuse a log that another key has signed', async () => {
    await grow('foreign', 10, { by: another });
    expect(await refusalsOf('foreign')).toMatch(/no verifiable signatures|no checkpoint|invalid signature/);
  });

  test('refuse an entry that was rewritten, and a checkpoint with another size', async () => {
    const rewritten = changed('tile/entries/001', (bytes) =>
      Buffer.from(bytes.toString('latin1').replace('alice', 'mallo'), 'latin1'),
    );
    expect(await refusalsOf(rewritten)).toMatch(/^entry 256: .* \| entry 256: /);
    const resized = changed('checkpoint', (bytes) => Buffer.from(bytes.toString().replace('\n700\n', '\n699\n')));
    expect(await refusalsOf(resized)).toMatch(/invalid signature|malformed/);
  });

  test('refuse entries in another order', async () => {
    const swapped = changed('tile/entries/000', (bytes) => {
      const entries = decodeBundle(bytes, 256, true, 'the bundle');
      [entries[10], entries[11]] = [entries[11], entries[10]];
      return encodeBundle(entries);
    });
    expect(await refusalsOf(swapped)).toMatch(/^entry 10: .* \| entry 10: /);
  });

  test('refuse a log that its own key has signed again: shorter, or with another history', async () => {
    await grow('cut', 200);
    expect(await read('cut')).toMatchObject({ size: 200 });
    expect(await refusalsOf('cut', 'old')).toMatch(/had 300 entries, and has 200/);
    await grow('another', 700, { from: 1 });
    expect(await read('another')).toMatchObject({ size: 700 });
    expect(await refusalsOf('another', 'old')).toMatch(/[Ii]nvalid|mismatch|inconsisten/);
  });
});

describe.skipIf(tool.path === undefined)(`a log that Tessera has written, ${tool.missing ?? 'run'}`, () => {
  let folder = '';
  const at = (...names: string[]) => join(folder, ...names);
  const verify = (log: string, ...words: string[]) =>
    coldrig(['audit', 'verify', at(log), '--key', at('key.vkey'), ...words, '--json']);

  /** Has Tessera go on with its log by so many entries. */
  function write(count: number): void {
    const lines = Array.from({ length: count }, (_, index) => `entry ${index}\n`).join('');
    execFileSync(tool.path as string, ['write', at('log'), at('key'), 'tessera.example/log'], {
      input: lines,
      stdio: 'pipe',
    });
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-tessera-'));
    write(700);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('verifies here, and has grown from what was seen of it before', async () => {
    const remember = ['--remember', at('seen')];
    expect((await verify('log', ...remember)).json).toMatchObject({
      ok: true,
      origin: 'tessera.example/log',
      size: 700,
    });
    write(300);
    expect((await verify('log', ...remember)).json).toMatchObject({ ok: true, size: 1_000, grewFrom: 700 });
  });

  test('is refused here when an entry was rewritten, when it was cut, and by another key', async () => {
    cpSync(at('log'), at('old'), { recursive: true });
    await verify('log', '--remember', at('newest'));
    write(1);
    cpSync(at('log'), at('rewritten'), { recursive: true });
    const bundle = at('rewritten', 'tile', 'entries', '000');
    writeFileSync(bundle, readFileSync(bundle, 'latin1').replace('entry 5', 'entry 6'), 'latin1');
    expect((await verify('rewritten')).json.error).toMatchObject({
      message: expect.stringMatching(/entry 5 is not what/),
    });
    await verify('log', '--remember', at('newest'));
    expect((await verify('old', '--remember', at('newest'))).json.ok).toBe(false);
    writeFileSync(at('key.vkey'), formatVerifierKey(another.key));
    expect((await verify('log')).json.ok).toBe(false);
  });
});
