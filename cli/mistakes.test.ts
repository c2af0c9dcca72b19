// Mistakes that people make, at every command: one clear line on stderr, exit code 1 or 2, nothing on stdout, nothing written, and never the
// word for an error that nobody foresaw.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildAll } from '../host/tools/build.ts';
import { generateKey } from '../host/tools/image/index.ts';
import { openLocked } from '../host/tools/kernel-lock.ts';
import { coldrig } from './testing.ts';

let folder = '';
beforeAll(async () => {
  const build = await buildAll(['good']);
  folder = mkdtempSync(join(tmpdir(), 'coldrig-mistakes-'));
  const put = (name: string, bytes: string | Uint8Array) => writeFileSync(join(folder, name), bytes);
  const good = build.images.get('good')?.bytes ?? new Uint8Array();
  mkdirSync(join(folder, 'folder'));
  put('empty', '');
  put('ten', good.subarray(0, 10));
  put('cut', good.subarray(0, 1000));
  put('text', 'these are words, and no image\n');
  put('app.hex', ':020000040000FA\n:00000001FF\n');
  put('good.bin', good);
  put('key.pem', build.privateKeyPem);
  const key = generateKey();
  put('public.pem', key.publicKeyPem);
  const pkcs8 = { type: 'pkcs8', format: 'pem' } as const;
  put('rsa.pem', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export(pkcs8));
  put('ec.pem', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pkcs8));
  const locked = { ...pkcs8, cipher: 'aes-256-cbc', passphrase: 'x' };
  put('locked.pem', generateKeyPairSync('ed25519').privateKey.export(locked));
  put('damaged.pem', `${key.privateKeyPem.slice(0, 50)}\n-----END PRIVATE KEY-----\n`);
  put('cert.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  put('fine.q1asm', 'wait 4\nstop\n');
  put('null.jsonl', 'null\n');
  execFileSync('mkfifo', [join(folder, 'fifo')]);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

const image = ['missing', 'folder', 'empty', 'ten', 'cut', 'text', 'app.hex', ''];
const sign = (file: string, key = 'key.pem', out = 'out.bin') => [
  'image',
  'sign',
  file,
  out,
  '--key',
  key,
  '--version',
  '1.0.0',
];
const keys: [file: string, says: RegExp][] = [
  ['missing', /there is no such file/],
  ['folder', /it is a folder/],
  ['empty', /is empty/],
  ['text', /is no PEM file/],
  ['rsa.pem', /is a key of type rsa; this chip takes Ed25519 only/],
  ['ec.pem', /is a key of type ec; this chip takes Ed25519 only/],
  ['locked.pem', /is protected by a passphrase/],
  ['damaged.pem', /is a damaged PEM file/],
  ['cert.pem', /is a PEM file of something else \(CERTIFICATE\)/],
];
const outputs: [file: string, says: RegExp][] = [
  ['folder', /it is a folder/],
  ['missing/out', /there is no such file or folder/],
  ['text/out', /a part of the path is a file/],
  ['', /the name of its file is empty/],
];

async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode === null) await once(child, 'close');
}

async function expectMistake(call: string[], says: RegExp): Promise<void> {
  const before = readdirSync(folder, { recursive: true });
  const { code, stdout, stderr } = await coldrig(call, { cwd: folder });
  expect(stderr).toMatch(says);
  expect(stderr).not.toMatch(/unexpected|\n\s+at |Error:|undefined|size is 4294967295/);
  // Commander adds how to be told more.
  expect(
    stderr
      .replace(/\n\(.*--help.*\)\n?/s, '')
      .trim()
      .split('\n'),
  ).toHaveLength(1);
  expect([1, 2]).toContain(code);
  expect(stdout).toBe('');
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
}

describe('a wrong file in the place of', () => {
  it.each(image)('an image (%s)', async (file) => {
    const says = file === 'cut' ? /cut short/ : file === '' ? /the name of its file is empty/ : /error: /;
    await expectMistake(['image', 'info', file], says);
    await expectMistake(['image', 'verify', file, '--key', 'key.pem'], says);
    await expectMistake(['flash', file, '--target', 'udp://127.0.0.1:9', '--timeout', '100'], says);
    await expectMistake(['run', '--image', file, '--udp', '0', '--for', '1'], says);
    await expectMistake(
      ['image', 'token', file, 'out', '--key', 'key.pem', '--displaces', '1.0.0', '--board', '1'],
      says,
    );
  });

  it('no device: a place where nobody listens is told at once', () =>
    expectMistake(['flash', 'good.bin', '--target', 'udp://127.0.0.1:9'], /nobody listens there/));

  it.each(image)('a module (%s)', (file) => expectMistake(sign(file), /error: /));

  it('a module: an image that is signed already', () => expectMistake(sign('good.bin'), /is a signed image already/));

  it.each(keys)('a private key (%s)', (file, says) => expectMistake([...sign('text', file), '--raw'], says));

  it('a private key: the public one', () => expectMistake([...sign('text', 'public.pem'), '--raw'], /is a public key/));

  it.each(keys)('a public key (%s)', async (file, says) => {
    await expectMistake(['image', 'verify', 'good.bin', '--key', file], says);
    await expectMistake(['run', '--key', file, '--udp', '0', '--for', '1'], says);
  });

  it.each(['missing', 'folder', 'empty', 'text', 'null.jsonl', 'good.bin'])('an input log (%s)', (file) =>
    expectMistake(['replay', file], /error: /),
  );

  it.each(['missing', 'folder', 'empty', 'text', 'good.bin'])('an assembled sequence (%s)', (file) =>
    expectMistake(['pulse', 'disasm', file], /error: /),
  );

  it.each(['check', 'run', 'asm'])('an image in place of a program (pulse %s)', (command) => {
    const call = command === 'asm' ? ['good.bin', 'new.q1'] : ['good.bin'];
    return expectMistake(
      ['pulse', command, ...call],
      /the program good\.bin has bytes that are not text; expected Q1ASM, or a sequence in JSON/,
    );
  });

  it.each(['missing', 'folder', 'empty', 'text', 'good.bin'])('a fridge (%s)', async (file) => {
    await expectMistake(['cryostat', 'solve', file], /error: /);
    await expectMistake(['run', '--fridge', file, '--udp', '0', '--for', '1'], /error: /);
  });
});

describe('an output that cannot be written', () => {
  it.each(outputs)('is told before the work begins (%j)', async (file, says) => {
    const run = ['run', '--udp', '0', '--for', '1', '--fridge', 'uts'];
    await expectMistake([...run, '--record', file], says);
    await expectMistake([...run, '--plot', file], says);
    await expectMistake([...sign('text', 'key.pem', file), '--raw'], says);
    await expectMistake(['image', 'keygen', file], says);
    await expectMistake(['prove', 'power', '--slice', '--junit', file], says);
    await expectMistake(['pulse', 'asm', 'fine.q1asm', file], says);
    await expectMistake(['pulse', 'run', 'fine.q1asm', '--plot', file], says);
    await expectMistake(['cryostat', 'cooldown', 'uts', '--hours', '1', '--plot', file], says);
  });

  it('is told by its reason where the disk is full', () =>
    expectMistake([...sign('text', 'key.pem', '/dev/full'), '--raw'], /the disk is full; make room/));

  it('a folder of logs that is a file', () =>
    expectMistake(['cryostat', 'serve', 'uts', '--bluefors-logs', 'text', '--for', '1'], /it is a file/));

  it('a log that another run writes, of which nothing is lost', async () => {
    const path = join(folder, 'held.jsonl');
    writeFileSync(path, '{"coldrig":"input log","version":1}\n');
    const held = openLocked(path, 0o644) as number;
    await expectMistake(
      ['run', '--udp', '0', '--for', '1', '--record', 'held.jsonl'],
      /the input log held\.jsonl is being written by another run; end that one, or choose another file/,
    );
    closeSync(held);
    expect(readFileSync(path, 'utf8')).toBe('{"coldrig":"input log","version":1}\n');
  });

  it('is not replaced where it is a device', async () => {
    const { code } = await coldrig([...sign('text', 'key.pem', '/dev/null'), '--raw'], { cwd: folder });
    expect(code).toBe(0);
    expect(readdirSync('/dev')).toContain('null');
    expect((await coldrig(['image', 'info', '/dev/null'])).stderr).toContain('is empty');
  });
});

describe('a pipe with nobody at its other end', () => {
  const said = /a pipe or a device with nobody at its other end; start the other end first/;
  const run = ['run', '--udp', '0', '--for', '1'];

  it.each([
    ['an image', ['image', 'info', 'fifo']],
    ['an image to flash', ['flash', 'fifo', '--target', 'udp://127.0.0.1:9']],
    ['an image to run', [...run, '--image', 'fifo']],
    ['a key to run', [...run, '--key', 'fifo']],
    ['a key to sign', [...sign('text', 'fifo'), '--raw']],
    ['an input log', ['replay', 'fifo']],
    ['a program', ['pulse', 'check', 'fifo']],
    ['a fridge', ['cryostat', 'solve', 'fifo']],
    ['a fridge to run', [...run, '--fridge', 'fifo']],
    ['a log to write', [...run, '--record', 'fifo']],
    ['a plot to write', [...run, '--fridge', 'uts', '--plot', 'fifo']],
    ['an image to write', [...sign('text', 'key.pem', 'fifo'), '--raw']],
    ['a report to write', ['prove', 'power', '--slice', '--junit', 'fifo']],
  ])('is no reason to hang: %s', (_, call) => expectMistake(call, said));

  it('is no device file', async () => {
    await expectMistake([...run, '--flash', 'fifo'], /the device file fifo is no ordinary file; name a file/);
    writeFileSync(join(folder, 'r.jsonl'), '{"coldrig":"input log","version":1,"seed":1,"device":"ab"}\n');
    await expectMistake(
      ['replay', 'r.jsonl', '--flash', 'fifo'],
      /the device file .*fifo is no ordinary file; name a file/,
    );
  });

  it('is read and written like a file when somebody is there', async () => {
    const pipe = join(folder, 'fifo');
    const writer = spawn('sh', ['-c', 'until cat "$1" > "$2"; do :; done', '-', join(folder, 'good.bin'), pipe]);
    // The writer is another process: until it has opened its end, there is nobody.
    let read = await coldrig(['image', 'info', pipe, '--json']);
    while (read.json.ok !== true && writer.exitCode === null) read = await coldrig(['image', 'info', pipe, '--json']);
    expect(read.json).toMatchObject({ ok: true });
    await gone(writer);
    const reader = spawn('cat', [pipe]);
    const pieces: Buffer[] = [];
    reader.stdout.on('data', (piece) => pieces.push(piece));
    let stderr = said.source;
    // The reader is another process: until it has opened its end, there is nobody.
    while (said.test(stderr) || stderr === said.source)
      ({ stderr } = await coldrig([...run, '--speed', 'max', '--record', pipe], { cwd: folder }));
    await gone(reader);
    expect(stderr).toBe('');
    expect(Buffer.concat(pieces).toString()).toMatch(/^\{"coldrig":"input log".*\n\{"endNs":/);
  });
});

describe('a wrong word on the command line', () => {
  const calls: [string, string[]][] = [
    ['target', ['status', '--target', 'udp://']],
    ['target', ['bootlog', '--target', 'http://127.0.0.1']],
    ['baud', ['echo', 'x', '--target', 'serial:///dev/null?baud=fast']],
    ['line', ['echo', 'x', '--target', 'serial:///missing']],
    ['line', ['echo', 'x', '--target', 'serial:///dev/null', '--timeout', '100']],
    ['timeout', ['status', '--timeout', 'soon']],
    ['slot', ['erase', '--slot', 'C']],
    ['number of boots', ['bootlog', '--last', 'many']],
    ['watch', ['flash', 'good.bin', '--watch', '-1']],
    ['version', ['image', 'sign', 'text', 'out', '--raw', '--key', 'key.pem', '--version', 'new']],
    ['counter', [...sign('text'), '--security-counter', '-1']],
    ['dependency', [...sign('text'), '--raw', '--dependency', 'boot']],
    ['dependency', [...sign('text'), '--raw', '--dependency', '1=x']],
    ['revoked key', [...sign('text'), '--raw', '--revoke', 'text']],
    [
      'serial',
      [
        'image',
        'token',
        'good.bin',
        'out',
        '--key',
        'key.pem',
        '--displaces',
        '1.0.0',
        '--board',
        '1',
        '--serial',
        'xyz',
      ],
    ],
    [
      'displaced version',
      ['image', 'token', 'good.bin', 'out', '--key', 'key.pem', '--displaces', 'x', '--board', '1'],
    ],
    ['board', ['image', 'token', 'good.bin', 'out', '--key', 'key.pem', '--displaces', '1.0.0']],
    ['speed', ['run', '--speed', 'fast']],
    ['fault', ['run', '--fridge', 'uts', '--fault', 'gremlins']],
    ['fault without a fridge', ['run', '--fault', 'clock-loss at primary']],
    ['heat', ['cryostat', 'solve', 'uts', '--heat', 'hot']],
    ['hours', ['cryostat', 'cooldown', 'uts', '--hours', '0']],
    ['profile', ['pulse', 'check', 'fine.q1asm', '--profile', 'mine']],
    ['samples', ['pulse', 'run', 'fine.q1asm', '--samples', 'out.txt']],
    ['setting', ['pulse', 'run', 'fine.q1asm', '--set', 'x']],
    ['level', ['pulse', 'run', 'fine.q1asm', '--input', 'loud']],
    ['host', ['run', '--udp', '0', '--for', '1', '--host', 'no.such.host.invalid']],
    ['scenario', ['prove', 'power', '--slice', '--scenario', 'lunch']],
    ['canary', ['prove', 'power', '--slice', '--canary', 'sparrow']],
    ['shard', ['prove', 'power', '--shard', '3/2']],
    ['result', ['prove', 'merge', 'text']],
    // Nobody listens on this port.
    ['server', ['campaign', 'status', '--server', 'nats://127.0.0.1:1']],
    ['address of a server', ['campaign', 'work', 'power-1', '--server', 'http://127.0.0.1:1']],
    ['credentials', ['campaign', 'status', '--creds', 'missing', '--server', 'nats://127.0.0.1:1']],
    ['campaign to report on', ['campaign', 'status', '--report', 'out.json']],
    ['name of a campaign', ['campaign', 'submit', 'power', '--slice', '--name', 'a.b']],
    ['proof to submit', ['campaign', 'submit', 'cake']],
    ['option', ['demo', '--fast']],
    ['argument', ['status', 'now']],
    ['subcommand', ['image', 'make']],
  ];
  it.each(calls)('%s: %j', (_, call) => expectMistake(call, /error: /));
});
