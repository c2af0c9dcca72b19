// A reader that comes back after a long time, and a mirror that is behind or goes back.

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { played } from '../testing/play-fleet.ts';
import { freshReader, freshTrust, publicKeys as keys, playedSigner } from '../testing/repository-reading.ts';
import { TufRepository } from './tuf.ts';

const [root1, root2, root3, root4, release1, release2, server] = [1, 2, 3, 4, 5, 6, 7].map(playedSigner);
const old = played.release('old');

describe('a repository', () => {
  let folder: string;
  const open = (aheadMs = 0) => new TufRepository(join(folder, 'repository'), Date.now() + aheadMs);
  const reader = () => freshReader(folder);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-behind-'));
    const repository = open();
    repository.begin({
      ...{ rootKeys: keys(root1, root2), rootThreshold: 2, serverKey: server.publicKey },
      ...{ releaseKeys: keys(release1, release2), releaseThreshold: 2 },
    });
    repository.add(old);
    for (const one of [root1, root2, release1, release2]) repository.sign(one);
    repository.publish(server);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is followed by a device that has missed three roots, each with other keys; not where one of them is missing', async () => {
    const [first, later] = [reader(), reader()];
    await first.releases();
    let signers = [root1, root2];
    for (const next of [
      [root3, root4],
      [release1, release2],
      [root1, root3],
    ]) {
      const repository = open();
      repository.rekey('root', keys(...next), 2);
      for (const one of new Set([...signers, ...next])) repository.sign(one);
      repository.publish(server);
      signers = next;
    }
    expect(await first.expected({ filename: 'old.bin' })).toEqual(old);
    const metadata = join(folder, 'repository', 'metadata');
    const third = readFileSync(join(metadata, '3.root.json'));
    // The second and the last root are signed by none of each other's keys.
    writeFileSync(join(metadata, '3.root.json'), readFileSync(join(metadata, '4.root.json')));
    await expect(later.releases()).rejects.toThrow(/not to be trusted/);
    writeFileSync(join(metadata, '3.root.json'), third);
    expect(await later.releases()).toEqual([old]);
  });

  test('is not taken from a mirror that is behind in a part, that goes back, or that shows another of the same version', async () => {
    const [repository, mirror] = [join(folder, 'repository'), join(folder, 'mirror')];
    cpSync(repository, mirror, { recursive: true });
    const copy = (name: string) => cpSync(join(repository, 'metadata', name), join(mirror, 'metadata', name));
    const trust = freshTrust(folder);
    const own = freshReader(folder, 'mirror', trust);
    await own.releases();
    const more = open();
    more.add(played.release('new'));
    for (const one of [release1, release2]) more.sign(one);
    more.publish(server);
    const before = readFileSync(join(mirror, 'metadata', 'timestamp.json'));
    copy('timestamp.json');
    await expect(own.releases()).rejects.toThrow(/not to be trusted/);
    copy('2.snapshot.json');
    await expect(own.releases()).rejects.toThrow(/not to be trusted/);
    copy('2.targets.json');
    expect(await own.releases()).toHaveLength(2);
    writeFileSync(join(mirror, 'metadata', 'timestamp.json'), before);
    await expect(own.releases()).rejects.toThrow(/not to be trusted/);
    // The server's key has signed two of one number: the first that was seen counts.
    writeFileSync(join(repository, 'metadata', 'timestamp.json'), before);
    open(2 * 3_600_000).refresh(server);
    copy('timestamp.json');
    expect(await own.releases()).toHaveLength(2);
    expect(JSON.parse(readFileSync(join(trust, 'timestamp.json'), 'utf8')).signed.version).toBe(2);
  });
});
