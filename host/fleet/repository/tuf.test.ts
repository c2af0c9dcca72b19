// A repository of releases, and whoever reads it: enough signatures or none, nothing old, nothing mixed, nothing that has expired.

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cases } from '../../board/testing/cases.ts';
import type { Signer } from '../../tools/image/signer.ts';
import { changedText, changes } from '../testing/changed-json.ts';
import { played } from '../testing/play-fleet.ts';
import { freshReader, freshTrust, publicKeys as keys, playedSigner } from '../testing/repository-reading.ts';
import { folderFiles, RepositoryReader } from './reader.ts';
import { TufRepository } from './tuf.ts';

const [root1, root2, root3, release1, release2, release3, server, stranger] = [1, 2, 3, 4, 5, 6, 7, 8].map(
  playedSigner,
);
const day = 86_400_000;

describe('a repository', () => {
  let folder: string;
  const open = (aheadMs = 0) => new TufRepository(join(folder, 'repository'), Date.now() + aheadMs);
  const reader = (of?: string) => freshReader(folder, of);
  const old = { ...played.release('old'), board: 7, minimumBootloader: '1.0.0' };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-tuf-'));
    const repository = open();
    repository.begin({
      ...{ rootKeys: keys(root1, root2, root3), rootThreshold: 2, serverKey: server.publicKey },
      ...{ releaseKeys: keys(release1, release2, release3), releaseThreshold: 2 },
    });
    repository.add(old);
    for (const one of [root1, root3, release1, release2]) repository.sign(one);
    repository.publish(server);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('gives a device what its release says, once two of three have signed', async () => {
    expect(await reader().expected({ filename: 'old.bin' })).toEqual(old);
    expect(await reader().releases()).toEqual([old]);
    await expect(reader().expected({ filename: 'new.bin' })).rejects.toThrow('the repository knows no new.bin');
  });

  test('publishes nothing that too few have signed, and takes no signature of a stranger or of one key twice', () => {
    const repository = open();
    repository.add(played.release('new'));
    expect(() => repository.publish(server)).toThrow('the draft of targets has 0 of 2 signatures');
    expect(() => repository.sign(stranger)).toThrow(/may sign none of the drafts/);
    expect(repository.sign(release1)).toEqual([{ name: 'targets', version: 2, signed: 1, needed: 2 }]);
    repository.sign(release1);
    expect(() => repository.publish(server)).toThrow('has 1 of 2 signatures');
    expect(() => repository.publish(stranger)).toThrow('has 1 of 2 signatures');
    repository.sign(release3);
    expect(() => repository.publish(stranger)).toThrow(/is not the server's key/);
    expect(repository.publish(server).releases.map(({ name }) => name)).toEqual(['old', 'new']);
  });

  test('asks for new signatures when a draft was changed after it was signed', () => {
    const repository = open();
    repository.add(played.release('new'));
    repository.sign(release1);
    repository.add(played.release('other'));
    expect(repository.drafts()).toEqual([{ name: 'targets', version: 2, signed: 0, needed: 2 }]);
    const changed = { ...played.release('new'), sha256: 'f'.repeat(64) };
    expect(() => repository.add(changed)).toThrow(/new.bin is there already with other bytes/);
  });

  test('is refused when it shows what is older than was seen before', async () => {
    cpSync(join(folder, 'repository'), join(folder, 'before'), { recursive: true });
    const repository = open();
    repository.add(played.release('new'));
    for (const one of [release1, release2]) repository.sign(one);
    repository.publish(server);
    const options = { folder: join(folder, 'trusted'), root: repository.rootBytes() };
    const now = new RepositoryReader({ ...options, read: folderFiles(join(folder, 'repository')) });
    await now.expected({ filename: 'new.bin' });
    const replayed = new RepositoryReader({ ...options, read: folderFiles(join(folder, 'before')) });
    await expect(replayed.expected({ filename: 'old.bin' })).rejects.toThrow(/is not to be trusted: .*version/i);
  });

  test('begins from a root as an editor on Windows saves it, and from nothing that is no root', async () => {
    const root = readFileSync(join(folder, 'repository', 'metadata', '1.root.json'));
    const options = { folder: join(folder, 'marked'), read: folderFiles(join(folder, 'repository')) };
    for (const wrong of [
      '',
      'text',
      '[]',
      '{"people": {}}',
      readFileSync(join(folder, 'repository', 'metadata', '1.targets.json'), 'utf8'),
    ])
      expect(() => new RepositoryReader({ ...options, root: Buffer.from(wrong) })).toThrow(
        /^it is no root of a repository: /,
      );
    mkdirSync(options.folder);
    writeFileSync(join(options.folder, 'root.json'), '{"people": {}}');
    const marked = new RepositoryReader({ ...options, root: Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), root]) });
    expect(await marked.expected({ filename: 'old.bin' })).toEqual(old);
  });

  test('that was made anew with other keys is refused with the folder whose trust is in the way', async () => {
    const options = { folder: join(folder, 'trusted'), root: open().rootBytes() };
    const read = (of: string) => new RepositoryReader({ ...options, read: folderFiles(join(folder, of)) });
    await read('repository').releases();
    rmSync(join(folder, 'repository'), { recursive: true });
    const anew = open();
    anew.begin({
      ...{ rootKeys: keys(stranger), rootThreshold: 1, serverKey: stranger.publicKey },
      ...{ releaseKeys: keys(stranger), releaseThreshold: 1 },
    });
    anew.sign(stranger);
    anew.publish(stranger);
    await expect(read('repository').releases()).rejects.toThrow(`remove ${options.folder}, and its root is trusted`);
    rmSync(options.folder, { recursive: true });
    options.root = anew.rootBytes();
    expect(await read('repository').releases()).toEqual([]);
  });

  test('is refused when its parts belong to different releases of it, or were changed', async () => {
    const repository = open();
    const metadata = join(folder, 'repository', 'metadata');
    const before = readFileSync(join(metadata, '1.targets.json'), 'utf8');
    repository.add(played.release('new'));
    for (const one of [release1, release2]) repository.sign(one);
    repository.publish(server);
    writeFileSync(join(metadata, '2.targets.json'), before);
    await expect(reader().expected({ filename: 'old.bin' })).rejects.toThrow(/not to be trusted/);
    writeFileSync(join(metadata, '2.targets.json'), before.replace('"securityCounter": 1', '"securityCounter": 2'));
    await expect(reader().expected({ filename: 'old.bin' })).rejects.toThrow(/not to be trusted/);
  });

  test('is not ready when it has expired, and ready again when its server has renewed it', async () => {
    open(-8 * day).refresh(server);
    await expect(reader().expected({ filename: 'old.bin' })).rejects.toThrow(
      /has expired .* is the clock of this machine right/,
    );
    open().refresh(server);
    expect((await reader().expected({ filename: 'old.bin' })).name).toBe('old');
  });

  test('says what has expired and who renews that, because its server can renew its own part alone', async () => {
    open(100 * day).refresh(server);
    const ends = (aheadMs: number) =>
      open(aheadMs)
        .terms()
        .filter(({ leftMs }) => leftMs <= 0)
        .map(({ name }) => name);
    expect(ends(100 * day)).toEqual(['targets']);
    const late = open(-100 * day);
    late.resign();
    for (const one of [release1, release2]) late.sign(one);
    late.publish(server);
    open().refresh(server);
    await expect(reader().releases()).rejects.toMatchObject({
      name: 'MetadataUnready',
      message: expect.stringContaining("'coldrig fleet release renew', signed and published, renews it"),
    });
    open().resign();
    for (const one of [release1, release2]) open().sign(one);
    open().publish(server);
    expect(await reader().releases()).toEqual([old]);
    expect(ends(0)).toEqual([]);
  });

  test('goes on after a death of who publishes, and gives no version twice', async () => {
    const repository = open();
    const trusted = { folder: join(folder, 'trusted'), root: repository.rootBytes() };
    const device = new RepositoryReader({ ...trusted, read: folderFiles(join(folder, 'repository')) });
    await device.releases();
    const at = (...names: string[]) => join(folder, 'repository', ...names);
    repository.rekey('server', [stranger.publicKey], 1);
    for (const one of [root1, root2]) repository.sign(one);
    repository.add(played.release('new'));
    for (const one of [release1, release2]) repository.sign(one);
    cpSync(at(), join(folder, 'before'), { recursive: true });
    repository.publish(stranger);
    // Dead before the draft of the root was removed: what the server's key vouches for is still the old set.
    cpSync(at('metadata', '2.root.json'), join(folder, 'before', 'metadata', '2.root.json'));
    rmSync(at(), { recursive: true });
    cpSync(join(folder, 'before'), at(), { recursive: true });
    expect(open().drafts()).toMatchObject([{ name: 'targets', signed: 2 }]);
    await expect(device.releases()).rejects.toThrow('timestamp was signed by 0/1 keys');
    // Dead before the draft of targets was removed.
    cpSync(at('draft', 'targets.json'), at('metadata', '2.targets.json'));
    expect(open().drafts()).toEqual([]);
    open().publish(stranger);
    expect(await device.releases()).toHaveLength(2);
    open().add(played.release('newer'));
    expect(open().drafts()).toEqual([{ name: 'targets', version: 3, signed: 0, needed: 2 }]);
    for (const one of [release1, release2]) open().sign(one);
    open().publish(stranger);
    expect(await device.releases()).toHaveLength(3);
  });

  test('that a device has no room for is not at fault', async () => {
    const options = { folder: join(folder, 'full'), root: open().rootBytes() };
    mkdirSync(join(options.folder, 'timestamp.json'), { recursive: true });
    const full = new RepositoryReader({ ...options, read: folderFiles(join(folder, 'repository')) });
    await expect(full.releases()).rejects.toMatchObject({
      name: 'MetadataUnready',
      message: expect.stringContaining(`cannot be kept in ${options.folder}`),
    });
  });

  test('goes over to other release keys when the root has signed that, and forgets the old ones', async () => {
    const repository = open();
    const trusted = { folder: join(folder, 'trusted'), root: repository.rootBytes() };
    const device = new RepositoryReader({ ...trusted, read: folderFiles(join(folder, 'repository')) });
    await device.releases();
    repository.rekey('targets', keys(release3, stranger), 2);
    repository.add(played.release('new'));
    expect(() => repository.sign(release1)).toThrow(/may sign none/);
    for (const one of [root1, release3, stranger]) repository.sign(one);
    expect(() => repository.publish(server)).toThrow('the draft of root has 1 of 2 signatures');
    repository.sign(root2);
    repository.publish(server);
    expect((await device.expected({ filename: 'new.bin' })).name).toBe('new');
    expect(readdirSync(join(folder, 'repository', 'draft'))).toEqual([]);
  });

  test('says whose signatures are missing where a root has other root keys', () => {
    const repository = open();
    repository.rekey('root', keys(root2, root3, stranger), 2);
    const signedBy = (one: Signer) => repository.sign(one)[0];
    expect(signedBy(root1)).toMatchObject({ name: 'root', signed: 0, needed: 2, keys: 'new' });
    expect(signedBy(stranger)).toMatchObject({ signed: 1, needed: 2, keys: 'new' });
    expect(() => repository.publish(server)).toThrow('the draft of root has 1 of 2 signatures of the new keys: ');
    expect(signedBy(root2)).toMatchObject({ signed: 2, needed: 2 });
    repository.publish(server);
  });

  test('gives what its keys have signed or is refused in words, whatever is changed in its files', async () => {
    const files = folderFiles(join(folder, 'repository'));
    const names = ['timestamp.json', '1.snapshot.json', '1.targets.json', '2.root.json'];
    const root = readFileSync(join(folder, 'repository', 'metadata', '1.root.json'));
    const change = fc.record({ name: fc.constantFrom(...names), changes, bytes: fc.option(fc.uint8Array()) });
    await fc.assert(
      fc.asyncProperty(change, async ({ name, changes: list, bytes }) => {
        const other = async (path: string, most: number) => {
          const found = path === `metadata/2.root.json` ? root : await files(path, most);
          if (found === undefined || path !== `metadata/${name}`)
            return path.endsWith('2.root.json') ? undefined : found;
          return bytes ?? Buffer.from(changedText(JSON.parse(Buffer.from(found).toString()), list));
        };
        const one = new RepositoryReader({ folder: freshTrust(folder), root, read: other });
        try {
          expect(await one.expected({ filename: 'old.bin' })).toEqual(old);
        } catch (error) {
          expect(['MetadataRefusal', 'MetadataUnready']).toContain((error as Error).name);
        }
      }),
      cases(60),
    );
  });

  test('tells a reader that cannot reach it why, and is read when it can be reached', async () => {
    const files = folderFiles(join(folder, 'repository'));
    let isUp = false;
    const away = new RepositoryReader({
      ...{ folder: join(folder, 'trusted'), root: open().rootBytes() },
      read: (path, most) => (isUp ? files(path, most) : Promise.reject(new Error('no way there'))),
    });
    await expect(away.releases()).rejects.toThrow('no way there');
    isUp = true;
    expect(await away.releases()).toHaveLength(1);
  });
});
