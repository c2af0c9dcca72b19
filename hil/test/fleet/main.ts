// A large fleet on this machine: boards with their real bootloader and firmware, forked from one snapshot, agents, and the server as a process of its own that
// is killed at random moments.
//
//   npx tsx hil/test/fleet/main.ts good 1000 0        a good release: ends with all of them confirmed
//   npx tsx hil/test/fleet/main.ts bad 1000 200       a bad one: stops in its first ring; the server is killed 200 times
//
// Prints what it saw, and fails when a promise is broken. It takes minutes, so the suite has a slice of it (thread.test.ts).

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { Random } from '../../../host/board/random.ts';
import { Agent } from '../../../host/fleet/agent/agent.ts';
import { AgentJournal } from '../../../host/fleet/agent/journal.ts';
import { DdiClient } from '../../../host/fleet/ddi/client.ts';
import { tokenHash } from '../../../host/fleet/ddi/server.ts';
import { ManageClient } from '../../../host/fleet/manage/client.ts';
import { Shelf } from '../../../host/fleet/repository/shelf.ts';
import { TufRepository } from '../../../host/fleet/repository/tuf.ts';
import { tokenFileOf } from '../../../host/fleet/serve.ts';
import { hostTime } from '../../../host/telemetry/time.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { parseImage } from '../../../host/tools/image/index.ts';
import { readPrivateKey } from '../../../host/tools/image/keys.ts';
import { keySigner } from '../../../host/tools/image/signer.ts';
import type { DeviceUnderTest } from '../../rig/index.ts';
import { keys } from '../../rig/keys.ts';
import { benchImages } from './bench.ts';

const signal = new AbortController().signal;
const port = 19_420;
const token = (name: string) => `token-of-${name}-is-long-enough`;

class ServerProcess {
  kills = 0;
  private child: ChildProcess | undefined;
  private readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async start(): Promise<void> {
    const words = ['fleet', 'serve', '--listen', `127.0.0.1:${port}`, '--poll', '1', '--json'];
    const child = spawn(process.execPath, [join(repositoryRoot, 'cli', 'coldrig.mjs'), ...words], { cwd: this.folder });
    this.child = child;
    await new Promise<void>((resolve) =>
      child.stdout.on('data', (text) => {
        if (`${text}`.includes('"ready"')) resolve();
      }),
    );
  }

  async kill(): Promise<void> {
    this.kills++;
    const ended = new Promise((resolve) => this.child?.once('close', resolve));
    this.child?.kill('SIGKILL');
    await ended;
  }
}

interface ScaleDevice {
  name: string;
  board: DeviceUnderTest;
  agent: Agent;
}

/** One turn; false when the server was away. */
async function turn({ agent }: ScaleDevice): Promise<boolean> {
  try {
    await agent.turn(signal);
    return true;
  } catch (error) {
    if ((error as Error).name === 'FleetServerError') return false;
    throw error;
  }
}

async function main(which: 'good' | 'bad', count: number, kills: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-scale-'));
  const images = await benchImages();
  const image = images[which];
  publish(folder, [images.old, image]);
  const server = new ServerProcess(folder);
  await server.start();
  const manage = new ManageClient({
    ...{ server: `http://127.0.0.1:${port}`, person: 'scale' },
    token: readFileSync(tokenFileOf(join(folder, 'coldrig-fleet')), 'utf8').trim(),
  });
  const first = await images.board();
  const devices: ScaleDevice[] = [];
  for (let index = 0; index < count; index++) {
    const name = `device-${String(index).padStart(4, '0')}`;
    await manage.command({ do: 'add-device', device: name, tokenHash: tokenHash(token(name)) }, signal);
    const board = index === 0 ? first : first.fork();
    board.logMost = 100;
    devices.push({ name, board, agent: agentOf(folder, name, board) });
  }
  const begun = performance.now();
  for (const device of devices) await turn(device);
  console.log(
    `${count} devices have reported after ${seconds(begun)} s, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`,
  );
  const ring = { approval: false, failuresMost: 0, gates: {}, soakMs: 1_000 };
  const ringOne = Math.min(10, count);
  const request = { name: which, release: hex(image), onError: 'ring' as const };
  const rings = [
    { ...ring, name: 'rig', count: ringOne, rest: true },
    { ...ring, name: 'fleet', rest: true },
  ];
  const id = await manage.createRollout({ ...request, rings: rings.slice(0, count > ringOne ? 2 : 1) }, signal);
  await manage.command({ do: 'start', rollout: id }, signal);
  const start = performance.now();
  const random = new Random(1);
  let isOver = false;
  let told: string | undefined;
  const killing = (async () => {
    while (!isOver && server.kills < kills) {
      await rest(20 + random.below(400));
      await server.kill();
      await server.start();
    }
  })();
  for (;;) {
    for (const device of devices) await turn(device);
    const now = await manage.rollout(id, signal).catch(() => undefined);
    const line =
      now &&
      `${now.state}, ${now.rings.map((one) => `${one.name} ${one.state} ${one.confirmed}/${one.devices}`).join(', ')}`;
    if (line !== undefined && line !== told) console.log(`${seconds(start)} s: ${line}`);
    told = line;
    if (now?.state === 'FINISHED' || now?.state === 'STOPPED') break;
  }
  isOver = true;
  await killing;
  await judge(which, devices, ringOne, { image: hex(image), old: hex(images.old) });
  console.log(
    `${which}, ${count} devices, server killed ${server.kills} times: as promised, ${seconds(start)} s, ${(count / Number(seconds(start))).toFixed(2)} devices/s`,
  );
  await server.kill();
  rmSync(folder, { recursive: true });
}

const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);
const hex = (image: Uint8Array) => Buffer.from(parseImage(image).hash as Uint8Array).toString('hex');

function publish(folder: string, all: Uint8Array[]): void {
  const repository = join(folder, 'coldrig-releases');
  const signers = [0, 1].map((index) => keySigner(readPrivateKey(keys[index].privateKeyPem)));
  const publicKeys = signers.map(({ publicKey }) => publicKey);
  const tuf = new TufRepository(repository, Date.now());
  const both = { rootKeys: publicKeys, rootThreshold: 2, releaseKeys: publicKeys, releaseThreshold: 2 };
  tuf.begin({ ...both, serverKey: publicKeys[0] });
  const shelf = new Shelf(repository);
  for (const [index, image] of all.entries()) tuf.add(shelf.put(image, `image-${index}.bin`, `image-${index}`));
  for (const signer of signers) tuf.sign(signer);
  tuf.publish(signers[0]);
  writeFileSync(join(folder, 'root.json'), tuf.rootBytes());
}

function agentOf(folder: string, name: string, board: DeviceUnderTest): Agent {
  const server = new DdiClient({
    ...{ server: `http://127.0.0.1:${port}`, tenant: 'default', device: name, token: token(name), time: hostTime },
  });
  return new Agent({
    ...{ device: name, server, time: hostTime, open: async () => board.client() },
    journal: new AgentJournal(join(folder, `${name}.json`)),
    words: ({ verdict }) => verdict,
  });
}

/** By the boards themselves, not by what the server believes. */
async function judge(
  which: string,
  devices: ScaleDevice[],
  ringOne: number,
  { image, old }: { image: string; old: string },
): Promise<void> {
  const wrong: string[] = [];
  for (const [index, { name, board }] of devices.entries()) {
    const states = await board.client().imageState();
    const active = states.find((one) => one.active);
    const running = Buffer.from(active?.hash ?? []).toString('hex');
    if (running !== (which === 'good' ? image : old) || !active?.confirmed)
      wrong.push(`${name} runs ${running.slice(0, 12)}`);
    const isTouched = states.some(({ hash }) => Buffer.from(hash ?? []).toString('hex') === image);
    if (which === 'bad' && index >= ringOne && isTouched) wrong.push(`${name} was touched, and is in a later ring`);
    const trials = board.events('IMAGE_PENDING').length;
    if (trials > 1) wrong.push(`${name} was updated ${trials} times`);
  }
  if (wrong.length > 0) throw new Error(`${wrong.length} promises broken: ${wrong.slice(0, 5).join('; ')}`);
}

const [which, count, kills] = process.argv.slice(2);
await main(which === 'bad' ? 'bad' : 'good', Number(count ?? 1000), Number(kills ?? 0));
process.exit(0);
