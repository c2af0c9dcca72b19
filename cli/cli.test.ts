import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { image as moduleOf } from '../host/board/cpu/testing/modules.ts';
import { compileGuest, repositoryRoot } from '../host/tools/guest.ts';
import { coldrig, coldrigProcess } from './testing.ts';

let folder = '';
const inFolder = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the command line', () => {
  it('explains itself with examples', async () => {
    const help = await coldrigProcess(['--help']);
    expect(help.code).toBe(0);
    expect(help.stdout).toMatch(/run \[options\]\s+run an emulated board until Ctrl-C/);
    expect(help.stdout).toContain('Examples:\n  coldrig run ');
  });

  it('says which version it is, while a command may have a --version of its own', async () => {
    const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
    expect(await coldrig(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it.each([
    [['imag'], "unknown command 'imag'", 'Did you mean image?'],
    [['image', 'sign', 'a', 'b'], "required option '--key <key>' not specified", '--help says how to call it'],
    [['run', '--speed', '-3'], "argument '-3' is invalid", 'virtual seconds per real second'],
    [['run', '--udp', '70000'], "argument '70000' is invalid", 'a whole number from 0 to 65535'],
    [['flash', 'x', '--test', '--confirm'], "option '--confirm' cannot be used with option '--test'", ''],
    [['status', '--target', 'nowhere'], "target 'nowhere' has no scheme", 'udp://host:port'],
  ])('says what is wrong with %j and ends with exit code 2', async (call, problem, advice) => {
    const outcome = await coldrig(call);
    expect(outcome.code).toBe(2);
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).toContain(problem);
    expect(outcome.stderr).toContain(advice);
  });

  it('tells machines of a wrong command line too', async () => {
    const outcome = await coldrig(['run', '--seed', 'x', '--json']);
    expect(outcome.code).toBe(2);
    expect(outcome.json).toMatchObject({ ok: false, error: { code: 'USAGE' } });
  });

  it.each([
    ['run', '--udp', '0', '--for', '1', '--host', ''],
    ['run', '--udp', '0', '--for', '1', '--host', ' '],
    ['cryostat', 'serve', 'uts', '--for', '1', '--host', ''],
  ])('refuses to listen on every address of the machine by an empty word: %s %s …', async (...words) => {
    const { code, stdout, stderr } = await coldrig(words);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('it is empty: leave it out for this machine only, write 0.0.0.0 for every address');
  });

  it('tells machines what went wrong as an object', async () => {
    const outcome = await coldrigProcess(['image', 'info', inFolder('missing.bin'), '--json']);
    expect(outcome.code).toBe(1);
    expect(outcome.stderr).toBe('');
    expect(outcome.json).toEqual({
      ok: false,
      error: {
        code: 'FILE_MISSING',
        message: expect.stringContaining('there is no such file or folder; check the path'),
      },
    });
  });

  it('says it in one line to people, and where in the code only when asked', async () => {
    const call = ['image', 'info', inFolder('missing.bin')];
    expect((await coldrig(call)).stderr.trim().split('\n')).toHaveLength(1);
    expect((await coldrig([...call, '--verbose'])).stderr).toMatch(/\n\s+at /);
  });

  it('says that nobody answers, and what to check', async () => {
    const outcome = await coldrig(['status', '--target', 'udp://127.0.0.1:9', '--timeout', '200', '--json']);
    expect(outcome.code).toBe(1);
    expect(JSON.stringify(outcome.json)).toMatch(/nobody listens there|no answer from udp/);
  });
});

describe('coldrig image', () => {
  const key = () => inFolder('key.pem');
  const image = () => inFolder('app.bin');

  beforeAll(async () => {
    const module = await compileGuest('bootloader/crypto/crypto.entry.ts');
    writeFileSync(inFolder('app.wasm'), module);
    expect((await coldrig(['image', 'keygen', key(), '--public', inFolder('public.pem')])).code).toBe(0);
    const sign = ['image', 'sign', 'app.wasm', 'app.bin', '--key', key(), '--version', '1.2.3+4', '--board-id', '0x10'];
    expect((await coldrig(sign, { cwd: folder })).code).toBe(0);
  });

  it('makes a key that only its owner can read, and replaces none', async () => {
    expect(statSync(key()).mode & 0o777).toBe(0o600);
    const before = readFileSync(key(), 'utf8');
    const again = await coldrig(['image', 'keygen', key()]);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('exists already; remove it, or pass --force to replace it');
    expect(readFileSync(key(), 'utf8')).toBe(before);
  });

  it('signs an image that verifies with the public key', async () => {
    const outcome = await coldrig(['image', 'verify', image(), '--key', inFolder('public.pem'), '--json']);
    expect(outcome.code).toBe(0);
    expect(outcome.json).toMatchObject({ ok: true, version: '1.2.3+4', reason: 'NONE', key: inFolder('public.pem') });
  });

  it('says what is in an image', async () => {
    const { json } = await coldrig(['image', 'info', image(), '--json']);
    expect(json).toMatchObject({ ok: true, version: '1.2.3+4', boardId: 16, hashMatches: true, headerSize: 32 });
    expect((await coldrig(['image', 'info', image()])).stdout).toMatch(/^version {11}1\.2\.3\+4$/m);
  });

  it('refuses an image with one bit changed, by name, and fails', async () => {
    const bytes = readFileSync(image());
    bytes[40] ^= 4;
    writeFileSync(inFolder('bad.bin'), bytes);
    const outcome = await coldrig(['image', 'verify', inFolder('bad.bin'), '--key', key(), '--json']);
    expect(outcome.code).toBe(1);
    expect(outcome.json).toMatchObject({ ok: false, error: { code: 'HASH_MISMATCH', reason: 'HASH_MISMATCH' } });
  });

  describe('of a module that the core does not run', () => {
    const sign = (file: string, ...more: string[]) =>
      coldrig(['image', 'sign', file, 'bad.bin', '--key', key(), '--version', '1.0.0', ...more], { cwd: folder });

    beforeAll(() => {
      writeFileSync(inFolder('hello.wasm'), 'hello');
      const float = '(func $half (drop (f64.add (f64.const 1) (f64.const 2))))';
      writeFileSync(inFolder('float.wasm'), moduleOf(float, { reset: '(call $half)' }));
    });

    it('signs none, and says opcode, function and byte', async () => {
      expect((await sign('hello.wasm')).stderr).toMatch(/hello\.wasm: image refused \(malformed\) at byte 0x0: /);
      const { code, stderr } = await sign('float.wasm');
      expect(code).toBe(1);
      expect(stderr).toMatch(/image refused \(float\) at byte 0x[0-9a-f]+ in half: .*f64/);
    });

    it('signs it with --raw, and verify says what the core will say', async () => {
      expect((await sign('float.wasm', '--raw')).code).toBe(0);
      const verify = ['image', 'verify', 'bad.bin', '--key', key()];
      const { code, json } = await coldrig([...verify, '--json'], { cwd: folder });
      expect(code).toBe(1);
      expect(json).toMatchObject({ error: { code: 'CORE_REFUSED', message: expect.stringContaining('in half: ') } });
      expect((await coldrig([...verify, '--raw'], { cwd: folder })).code).toBe(0);
    });

    it('does not sign a signed image once more, unless it is told to', async () => {
      expect((await sign('app.bin')).stderr).toContain('app.bin is a signed image already; sign the module');
      expect((await sign('app.bin', '--raw')).code).toBe(0);
    });
  });
});
