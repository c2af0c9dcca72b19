// The key that signs images is stolen, and two of the three that sign releases: the fleet goes over to other keys, and what the thief signs is refused at every place.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { metadataPatienceMs } from '../../../host/fleet/agent/metadata.ts';
import { rolloutSummary } from '../../../host/fleet/manage/summary.ts';
import { folderFiles, RepositoryReader } from '../../../host/fleet/repository/reader.ts';
import { TufRepository } from '../../../host/fleet/repository/tuf.ts';
import type { Release } from '../../../host/fleet/rollout/events.ts';
import type { Rollout } from '../../../host/fleet/rollout/state.ts';
import { generateKey, readPrivateKey } from '../../../host/tools/image/keys.ts';
import { keySigner, type Signer } from '../../../host/tools/image/signer.ts';
import { compileFirmware } from '../../../host/tools/sequencer.ts';
import { readFuseReport } from '../../../host/tools/smp/boot-group.ts';
import { DeviceUnderTest, keys, signed } from '../../rig/index.ts';
import { type BenchDevice, FleetBench, ringOf } from './bench.ts';

const signer = (seed: number): Signer =>
  keySigner(readPrivateKey(generateKey(new Uint8Array(32).fill(seed)).privateKeyPem));
const [root1, root2, ada, bob, cy, dan, eve, server] = [11, 12, 13, 14, 15, 16, 17, 18].map(signer);
const publicKeys = (...signers: Signer[]) => signers.map(({ publicKey }) => publicKey);
const names = ['rig', 'north', 'south'];

describe('a release key is stolen', () => {
  let bench: FleetBench;
  const releases: Record<string, Release> = {};
  const at = (name: string) => join(bench.folder, name);
  const repository = (of = 'repository') => new TufRepository(at(of), Date.now());
  const trusting = (name: string, of = 'repository') => ({
    metadata: new RepositoryReader({
      ...{ folder: at(`trusted-${name}`), read: folderFiles(at(of)) },
      root: firstRoot,
    }),
    time: bench.time,
  });
  let firstRoot: Buffer;

  beforeAll(async () => {
    bench = await FleetBench.start();
    const payload = await compileFirmware('firmware/main.ts');
    const image = (version: string, key: number, revokes: Uint8Array[] = []) =>
      signed(version, { payload, privateKeyPem: keys[key].privateKeyPem, revokes });
    const old = image('1.0.0', 0);
    releases.old = await bench.release(old, 'old');
    releases.next = await bench.release(image('1.1.0', 1, [keys[0].publicKey]), 'next');
    releases.thief = await bench.release(image('1.2.0', 0), 'thief');
    const first = repository();
    first.begin({
      ...{ rootKeys: publicKeys(root1, root2), rootThreshold: 2, serverKey: server.publicKey },
      ...{ releaseKeys: publicKeys(ada, bob, cy), releaseThreshold: 2 },
    });
    first.add(releases.old);
    for (const one of [root1, root2, ada, bob]) first.sign(one);
    first.publish(server);
    firstRoot = first.rootBytes();
    // What the thief has of the repository: he goes on with it, as if nothing had happened.
    cpSync(at('repository'), at('stolen'), { recursive: true });
    const board = await DeviceUnderTest.running({ slots: { A: old } });
    for (const name of names) await bench.device(name, board.fork(), trusting(name));
  });
  afterAll(() => bench.close());

  async function begun(release: Release, devices: string[]): Promise<number> {
    const id = bench.fleet.state.rollouts.size + 1;
    const rings = devices.map((name) => ringOf(name, [name]));
    await bench.ask({ do: 'create-rollout', name: `rollout ${id}`, release: release.hash, rings, onError: 'ring' });
    await bench.ask({ do: 'start', rollout: id });
    return id;
  }
  /** Until the rollout is over. */
  const rolledOut = async (release: Release, devices: string[]) =>
    bench.until(await begun(release, devices), ({ state }) => state !== 'RUNNING');
  /** What the metadata refuses is asked again for a while, and the server is told why; then it has failed. */
  async function refused(release: Release, devices: string[], why: RegExp) {
    const id = await begun(release, devices);
    const [first] = devices;
    await expect(bench.turn(device(first))).rejects.toThrow(why);
    const { fleet } = bench;
    const { waitsFor } = rolloutSummary(fleet.state, fleet.state.rollouts.get(id) as Rollout, fleet.nowMs());
    expect(waitsFor).toMatch(`1 device of ring '${first}' to end; ${first} does not begin: `);
    expect(waitsFor).toMatch(why);
    bench.time.pass(metadataPatienceMs);
    return bench.until(id, ({ state }) => state !== 'RUNNING');
  }
  const device = (name: string) => bench.devices.find((one) => one.name === name) as BenchDevice;
  const runs = () => names.map((name) => bench.running(name));
  const why = (name: string) => {
    const event = device(name).events.at(-1);
    return event !== undefined && 'detail' in event ? event.detail : '';
  };

  test('other people sign, devices take the release that revokes the key, and their fuses forget it', async () => {
    const now = repository();
    now.rekey('targets', publicKeys(cy, dan, eve), 2);
    now.add(releases.next);
    expect(() => now.sign(ada)).toThrow(/may sign none of the drafts/);
    for (const one of [root1, root2, cy, dan]) now.sign(one);
    now.publish(server);
    expect(await rolledOut(releases.next, names)).toMatchObject({ state: 'FINISHED' });
    expect(runs()).toEqual(names.map(() => releases.next.hash));
    for (const { board } of bench.devices) {
      // The bootloader burns the revocation at the first boot behind the confirmation.
      board.cutPower();
      board.powerOn();
      const { keys: burnt } = await readFuseReport(board.client());
      expect(burnt.map(({ revoked }) => revoked)).toEqual([true, false]);
    }
  });

  test('what the thief has the server offer is refused by the agent: the repository does not know it', async () => {
    const unknown = /the repository knows no thief.bin/;
    expect(await refused(releases.thief, names, unknown)).toMatchObject({ state: 'STOPPED' });
    expect(why('rig')).toMatch(unknown);
    expect(runs()).toEqual(names.map(() => releases.next.hash));
    expect(device('north').events).toHaveLength(device('south').events.length);
  });

  test('a repository that he signs with the old release keys, and with the server’s, is not the one that agents trust', async () => {
    const his = repository('stolen');
    // Often enough that each part of it is newer than what agents have seen.
    for (let turn = 0; turn < 3; turn++) {
      his.add(releases.thief);
      for (const one of [ada, bob]) his.sign(one);
      his.publish(server);
    }
    // Whoever has only ever seen the first root, and is shown his repository alone, believes him: new devices begin with the newest root.
    expect(await trusting('newcomer', 'stolen').metadata.expected({ filename: 'thief.bin' })).toEqual(releases.thief);
    bench.restartAgent(device('north'), trusting('north', 'stolen'));
    const unsigned = /targets was signed by 0\/2 keys/;
    expect(await refused(releases.thief, ['north'], unsigned)).toMatchObject({ state: 'STOPPED' });
    expect(why('north')).toMatch(unsigned);
    expect(runs()).toEqual(names.map(() => releases.next.hash));
  });

  test('and an agent that checks nothing sends it in vain: the bootloader knows that the key is revoked', async () => {
    bench.restartAgent(device('south'), { words: ({ refusal }) => JSON.stringify(refusal) });
    expect(await rolledOut(releases.thief, ['south'])).toMatchObject({ state: 'STOPPED' });
    expect(why('south')).toContain('KEY_REVOKED');
    expect(runs()).toEqual(names.map(() => releases.next.hash));
  });
});
