// TUF's own client in Python reads a repository of ours from our server: it takes what is good, and refuses what is old, has expired, is mixed or was changed.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startColdrig } from '../../../cli/testing.ts';
import { Shelf } from '../../../host/fleet/repository/shelf.ts';
import { TufRepository } from '../../../host/fleet/repository/tuf.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { readPrivateKey } from '../../../host/tools/image/keys.ts';
import { keySigner } from '../../../host/tools/image/signer.ts';
import { signed } from '../../rig/index.ts';
import { keys } from '../../rig/keys.ts';
import { pythonTool } from './install.ts';

const tool = await pythonTool('tuf');
const program = join(repositoryRoot, 'hil/test/interop/clients/tuf_client.py');
const [root, release, other, server] = keys.map(({ privateKeyPem }) => keySigner(readPrivateKey(privateKeyPem)));
const day = 86_400_000;

describe.skipIf(tool.path === undefined)(`TUF's own client, ${tool.missing ?? 'run'}`, () => {
  let folder = '';
  let address = '';
  let serving: ReturnType<typeof startColdrig>;
  let count = 0;
  const at = (...names: string[]) => join(folder, ...names);
  const metadata = (name = '') => at('coldrig-releases', 'metadata', name);
  const open = (aheadMs = 0) => new TufRepository(at('coldrig-releases'), Date.now() + aheadMs);

  /** Of a reader that has what it trusted before. */
  async function read(name: string, trusted = `${count}`): Promise<Record<string, unknown>> {
    const words = [program, `${address}/repository`, at('root.json'), at('trusted', trusted), name];
    const { stdout } = await promisify(execFile)(tool.path as string, words);
    return JSON.parse(stdout) as Record<string, unknown>;
  }

  function publish(file: string, version: string): Uint8Array {
    const image = signed(version, { payload: new Uint8Array(100).fill(Number(version.at(-1))) });
    const repository = open();
    repository.add(new Shelf(at('coldrig-releases')).put(image, file, file.replace('.bin', '')));
    for (const signer of [release, other]) repository.sign(signer);
    repository.publish(server);
    return image;
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-tuf-'));
    serving = startColdrig(['fleet', 'serve', '--listen', '127.0.0.1:0'], { cwd: folder });
    [, address] = await serving.said(/serving (http:\S+),/);
  });
  afterAll(async () => {
    serving?.end('SIGTERM');
    await serving?.outcome;
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    count++;
    rmSync(at('coldrig-releases'), { recursive: true, force: true });
    const repository = open();
    repository.begin({
      ...{ rootKeys: [root.publicKey], rootThreshold: 1, serverKey: server.publicKey },
      ...{ releaseKeys: [release.publicKey, other.publicKey], releaseThreshold: 2 },
    });
    repository.sign(root);
    publish('one.bin', '1.0.1');
    writeFileSync(at('root.json'), open().rootBytes());
  });

  test('loads a target, with what a release says about it', async () => {
    const image = publish('two.bin', '1.0.2');
    expect(await read('two.bin')).toMatchObject({
      ...{ length: image.length, sha256: createHash('sha256').update(image).digest('hex') },
      custom: { name: 'two', version: '1.0.2', securityCounter: 1 },
    });
    expect(await read('three.bin')).toEqual({ error: 'NoTarget' });
  });

  test('follows a root to other keys', async () => {
    await read('one.bin');
    const repository = open();
    repository.rekey('targets', [root.publicKey], 1);
    repository.add(
      new Shelf(at('coldrig-releases')).put(signed('1.0.3', { payload: new Uint8Array(9) }), 'new.bin', 'new'),
    );
    repository.sign(root);
    repository.publish(server);
    expect(await read('new.bin')).toMatchObject({ custom: { version: '1.0.3' } });
  });

  test('refuses metadata that it has seen newer', async () => {
    cpSync(metadata(), at('before'), { recursive: true });
    publish('two.bin', '1.0.2');
    expect(await read('two.bin')).toMatchObject({ length: expect.any(Number) });
    rmSync(metadata(), { recursive: true });
    cpSync(at('before'), metadata(), { recursive: true });
    expect(await read('one.bin')).toMatchObject({ error: 'BadVersionNumberError' });
    // One who has seen nothing cannot know.
    expect(await read('one.bin', 'fresh')).toMatchObject({ length: expect.any(Number) });
  });

  test('refuses metadata that has expired, until its server has renewed it', async () => {
    open(-8 * day).refresh(server);
    expect(await read('one.bin')).toMatchObject({ error: 'ExpiredMetadataError' });
    open().refresh(server);
    expect(await read('one.bin')).toMatchObject({ custom: { version: '1.0.1' } });
  });

  test('refuses targets of another version, and such that were changed', async () => {
    const before = readFileSync(metadata('1.targets.json'), 'utf8');
    publish('two.bin', '1.0.2');
    const after = readFileSync(metadata('2.targets.json'), 'utf8');
    writeFileSync(metadata('2.targets.json'), before);
    expect(await read('one.bin')).toMatchObject({ error: 'BadVersionNumberError' });
    writeFileSync(metadata('2.targets.json'), after.replace('"securityCounter": 1', '"securityCounter": 2'));
    expect(await read('two.bin')).toMatchObject({ error: 'UnsignedMetadataError' });
    writeFileSync(metadata('2.targets.json'), after);
    expect(await read('two.bin')).toMatchObject({ custom: { version: '1.0.2' } });
  });

  test('refuses targets that one of two has signed', async () => {
    publish('two.bin', '1.0.2');
    const targets = JSON.parse(readFileSync(metadata('2.targets.json'), 'utf8')) as { signatures: unknown[] };
    targets.signatures.pop();
    writeFileSync(metadata('2.targets.json'), JSON.stringify(targets));
    expect(await read('two.bin')).toMatchObject({ error: 'UnsignedMetadataError' });
  });

  test('refuses an image with other bytes', async () => {
    const targets = at('coldrig-releases', 'targets');
    const [file] = readdirSync(targets);
    const bytes = readFileSync(join(targets, file));
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(join(targets, file), bytes);
    expect(await read('one.bin')).toMatchObject({ error: 'LengthOrHashMismatchError' });
  });
});
