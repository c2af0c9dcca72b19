// Keys in a PKCS#11 token: SoftHSM's, which are a folder of files here.
// Debian: apt-get install --no-install-recommends softhsm2 opensc

import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { coldrigProcess } from '../../../cli/testing.ts';
import { folderFiles, RepositoryReader } from '../../../host/fleet/repository/reader.ts';
import { pinVariable, pkcs11PublicKey, pkcs11Signer } from '../../../host/links/pkcs11/token.ts';
import { generateKey, parseImage, signImage, verifyImage } from '../../../host/tools/image/index.ts';
import { signed } from '../../rig/index.ts';
import { pathTool } from './install.ts';

const library = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
].find(existsSync);
const reason =
  pathTool('softhsm2-util').missing ??
  pathTool('pkcs11-tool').missing ??
  pathTool('python3').missing ??
  (library === undefined ? "SoftHSM's library was not found" : undefined);

const [pin, wrongPin] = ['2468', '1357'];
const known = generateKey(new Uint8Array(32).fill(9));

describe.skipIf(reason !== undefined)(`a key in a token, ${reason ?? 'run'}`, () => {
  let folder = '';
  const at = (name: string) => join(folder, name);
  const uri = (what: string) => `pkcs11:${what}?module-path=${library}`;
  const inReleases = (object: string) => uri(`token=releases;object=${object}`);
  const cli = (...words: string[]) => coldrigProcess([...words, '--json'], { cwd: folder });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-hsm-'));
    mkdirSync(at('tokens'));
    writeFileSync(at('softhsm2.conf'), `directories.tokendir = ${at('tokens')}\nobjectstore.backend = file\n`);
    vi.stubEnv('SOFTHSM2_CONF', at('softhsm2.conf'));
    vi.stubEnv(pinVariable, pin);
    writeFileSync(at('known.pem'), known.privateKeyPem);
    writeFileSync(at('module.bin'), 'a payload');
    const run = (program: string, words: string[]) => execFileSync(program, words, { stdio: 'pipe' });
    for (const token of ['releases', 'second', 'online']) {
      const label = ['--label', token, '--pin', pin, '--so-pin', pin];
      run('softhsm2-util', ['--init-token', '--free', ...label]);
    }
    const of = (token: string) => ['--module', `${library}`, '--token-label', token, '--login', '--pin', pin];
    const make = (token: string, type: string, id: string, label: string) =>
      run('pkcs11-tool', [...of(token), '--keypairgen', '--key-type', type, '--id', id, '--label', label]);
    make('releases', 'EC:edwards25519', '01', 'ada');
    make('releases', 'EC:edwards25519', '02', 'bob');
    make('releases', 'rsa:2048', '03', 'rsa');
    make('releases', 'EC:prime256v1', '04', 'p256');
    make('online', 'EC:edwards25519', '01', 'server');
    make('second', 'EC:edwards25519', '01', 'ada');
    make('second', 'EC:edwards25519', '05', 'twice');
    make('second', 'EC:edwards25519', '06', 'twice');
    const imported = ['--import', at('known.pem'), '--token', 'second', '--label', 'known', '--id', '0a', '--pin', pin];
    run('softhsm2-util', imported);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  test('signs the image that the same key in a file signs, to the last byte', () => {
    const of = { payload: new Uint8Array(100), version: '1.2.3', securityCounter: 4 };
    const image = signImage({ ...of, privateKeyPem: pkcs11Signer(uri('token=second;id=%0a')) });
    expect(Buffer.from(image)).toEqual(Buffer.from(signImage({ ...of, privateKeyPem: known.privateKeyPem })));
  });

  test('signs data of any length', () => {
    const signer = pkcs11Signer(inReleases('ada'));
    for (const length of [0, 1, 1024, 1025, 200_000]) expect(signer.sign(new Uint8Array(length))).toHaveLength(64);
  });

  test('signs by the command, with its PIN from the environment or from a file', async () => {
    writeFileSync(at('pin'), `${pin}\n`);
    const publicKey = pkcs11PublicKey(inReleases('ada'));
    const sign = ['image', 'sign', 'module.bin', 'out.bin', '--raw', '--version', '1.0.0'];
    for (const key of [inReleases('ada'), `${inReleases('ada')}&pin-source=file:${at('pin')}`]) {
      rmSync(at('out.bin'), { force: true });
      expect((await cli(...sign, '--key', key)).json).toMatchObject({ ok: true, version: '1.0.0' });
      expect(verifyImage(readFileSync(at('out.bin')), [publicKey]).reason).toBe('NONE');
      expect(parseImage(readFileSync(at('out.bin'))).keyHash).toBeDefined();
    }
  });

  test.each<[string, () => string, RegExp]>([
    [
      'no such token',
      () => uri('token=nobody;object=ada'),
      /no such token; the library has .*'releases' \(serial [0-9a-f]+\)/,
    ],
    ['two tokens', () => uri('object=ada'), /more than one token is meant by it: .*; name one by its serial/],
    ['no such key', () => inReleases('nobody'), /has 0 public keys of this name; pkcs11-tool --list-objects/],
    ['two keys', () => uri('token=second;object=twice'), /has 2 public keys of this name; name one by its id/],
    ['a key of RSA', () => inReleases('rsa'), /a key of type rsa, this chip takes Ed25519 only; pkcs11-tool/],
    ['a key of P-256', () => inReleases('p256'), /a key of type ec, this chip takes Ed25519 only/],
    ['no library', () => 'pkcs11:object=a?module-path=/no/library.so', /library cannot be loaded: .*; see module-path/],
    ['no PIN file', () => `${inReleases('ada')}&pin-source=file:/no/pin`, /PIN cannot be read: ENOENT/],
  ])('says in words: %s', (_what, key, words) => {
    expect(() => pkcs11Signer(key())).toThrow(words);
  });

  test('says that a PIN is wrong or not known, and writes no image', async () => {
    rmSync(at('out.bin'), { force: true });
    const sign = ['image', 'sign', 'module.bin', 'out.bin', '--raw', '--version', '1.0.0', '--key', inReleases('ada')];
    for (const [given, words] of [
      [wrongPin, /its PIN is wrong; too many wrong ones lock a token/],
      ['', /its PIN is not known; give pin-source/],
    ] as const) {
      vi.stubEnv(pinVariable, given);
      const { code, json } = await cli(...sign);
      vi.stubEnv(pinVariable, pin);
      expect(code).toBe(1);
      expect(json.error).toMatchObject({ code: 'KEY', message: expect.stringMatching(words) });
      expect(existsSync(at('out.bin'))).toBe(false);
    }
  });

  test('signs releases for two of three, and a token that goes in the middle loses nothing', async () => {
    const ofRoles = [inReleases('ada'), inReleases('bob'), uri('token=second;id=%0a')];
    const roles = ofRoles.flatMap((key) => ['--root-key', key, '--release-key', key]);
    const release = async (...words: string[]) => (await cli('fleet', 'release', ...words)).json;
    writeFileSync(at('app.bin'), signed('1.4.2', { payload: new Uint8Array(64) }));
    await release('init', ...roles, '--server-key', uri('token=online;object=server'));
    // More than what fits into one message of some programs.
    for (let version = 0; version < 6; version++) {
      cpSync(at('app.bin'), at(`app-${version}.bin`));
      await release('add', `app-${version}.bin`);
    }
    expect(await release('sign', '--key', ofRoles[0])).toMatchObject({ drafts: [{ signed: 1 }, { signed: 1 }] });

    renameSync(at('tokens'), at('away'));
    mkdirSync(at('tokens'));
    expect(await release('sign', '--key', ofRoles[1])).toMatchObject({
      error: { code: 'KEY', message: expect.stringMatching(/no such token; the library has no token; plug it in/) },
    });
    rmSync(at('tokens'), { recursive: true });
    renameSync(at('away'), at('tokens'));
    expect(await release('sign', '--key', ofRoles[1])).toMatchObject({ drafts: [{ signed: 2 }, { signed: 2 }] });

    const online = pkcs11Signer(uri('token=online;object=server'));
    renameSync(at('tokens'), at('away'));
    mkdirSync(at('tokens'));
    expect(() => online.sign(new Uint8Array(1))).toThrow(/no such token/);
    rmSync(at('tokens'), { recursive: true });
    renameSync(at('away'), at('tokens'));
    const published = await release('publish', '--key', uri('token=online;object=server'), '--root-out', 'root.json');
    expect(published).toMatchObject({ ok: true, version: 1 });
    const reader = new RepositoryReader({
      ...{ folder: at('trusted'), root: readFileSync(at('root.json')), read: folderFiles(at('coldrig-releases')) },
    });
    expect(await reader.expected({ filename: 'app-5.bin' })).toMatchObject({ version: '1.4.2' });
  });
});
