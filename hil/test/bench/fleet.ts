// What a fleet costs its update server, beside goosebit, which speaks the same device API on SQLite.
//
// fleet-rollout: boards with their bootloader and firmware, forked from one snapshot, and an agent each; from the start of a rollout until all have confirmed. Most of it
//                is the boards, which are the same for both. With ours every step is durable and on record.
// fleet-poll:    devices that have nothing to do ask, over connections that stay open, as fast as they are answered. Ours checks a token for each, goosebit none.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { tokenHash } from '../../../host/fleet/ddi/server.ts';
import { ManageClient } from '../../../host/fleet/manage/client.ts';
import { tokenFileOf } from '../../../host/fleet/serve.ts';
import { describedAs, packageOf } from '../../../host/fleet/testing/swu.ts';
import { parseImage } from '../../../host/tools/image/index.ts';
import { agentHeader } from '../../../protocol/fleet/ddi.ts';
import { benchImages } from '../fleet/bench.ts';
import { KilledServer } from '../fleet/killed-server.ts';
import { publish } from '../fleet/published.ts';
import { agentIdentity, agentOf, type ScaleDevice, tokenOf } from '../fleet/scale-device.ts';
import { interopFolder, pythonTool } from '../interop/install.ts';
import { LiveGoosebit } from '../interop/live-goosebit.ts';
import { type BenchRow, median } from './row.ts';

const devices = 100;
const gateways = 16;
const connections = 64;
const pollRounds = 5;
const pollMs = 3_000;
const signal = new AbortController().signal;

interface Server {
  origin: string;
  tenant: string;
}

type Images = Awaited<ReturnType<typeof benchImages>>;
type Boards = ScaleDevice[];

/** Rows `fleet-rollout` (devices/s) and `fleet-poll` (polls/s). */
export async function benchFleet(): Promise<BenchRow[]> {
  mkdirSync(interopFolder, { recursive: true });
  const folder = mkdtempSync(join(interopFolder, 'fleet-'));
  const images = await benchImages();
  const python = await pythonTool('goosebit');
  if (python.missing !== undefined) console.error(`fleet: no peer: ${python.missing}`);
  const goosebit =
    python.path === undefined ? undefined : await LiveGoosebit.start(python.path, { GOOSEBIT_TENANT: 'default' });
  publish(folder, [images.old, images.good]);
  const ours = new KilledServer(folder, ['--poll', '1']);
  try {
    await ours.start();
    const { origin } = ours;
    const rollouts = [
      await ourRollout(folder, origin, images),
      goosebit && (await theirRollout(folder, goosebit, images)),
    ];
    const servers = [
      { origin, tenant: 'default' },
      ...(goosebit ? [{ origin: goosebit.address, tenant: 'default' }] : []),
    ];
    const polls: number[][] = servers.map(() => []);
    for (let round = 0; round <= pollRounds; round++)
      for (const [index, server] of servers.entries()) {
        const perSecond = await pollsOf(server);
        // The first round is not counted: what is loaded late is loaded then.
        if (round > 0) polls[index].push(perSecond);
      }
    const peer = goosebit === undefined ? 'no goosebit here' : 'goosebit';
    const [own, others] = polls.map(median);
    return [
      {
        ...{ id: 'fleet-rollout', value: rollouts[0] ?? 0, unit: 'devices/s', goal: 0 },
        peer,
        peerValue: rollouts[1] ?? 0,
      },
      { ...{ id: 'fleet-poll', value: own, unit: 'polls/s', goal: 1_000 }, peer, peerValue: others ?? 0 },
    ];
  } finally {
    await ours.end();
    await goosebit?.close();
    rmSync(folder, { recursive: true });
  }
}

async function boards(folder: string, server: string, { board }: Images): Promise<Boards> {
  const first = await board();
  const all: Boards = [];
  for (let index = 0; index < devices; index++) {
    const name = nameOf(index);
    const own = index === 0 ? first : first.fork();
    own.logMost = 100;
    all.push({ name, board: own, fails: false, agent: agentOf(folder, server, name, own, false, index) });
  }
  // Each says what it runs, which is no part of a rollout.
  for (const { agent } of all) await agent.turn(signal);
  return all;
}

const nameOf = (index: number) => `device-${String(index).padStart(3, '0')}`;

/** Devices a second. */
async function rolled(all: Boards, isOver: () => Promise<boolean>): Promise<number> {
  const begun = performance.now();
  while (!(await isOver())) {
    // As gateways do, each for its cryostat: their waits overlap.
    const waiting = [...all];
    const gateway = async () => {
      for (let one = waiting.shift(); one !== undefined; one = waiting.shift())
        await one.agent.turn(new AbortController().signal);
    };
    await Promise.all(Array.from({ length: gateways }, gateway));
  }
  return (devices * 1_000) / (performance.now() - begun);
}

async function ourRollout(folder: string, origin: string, images: Images): Promise<number> {
  const token = readFileSync(tokenFileOf(join(folder, 'coldrig-fleet')), 'utf8').trim();
  const manage = new ManageClient({ server: origin, token, person: 'bench' });
  for (let index = 0; index < devices; index++)
    await manage.command(
      { do: 'add-device', device: nameOf(index), tokenHash: tokenHash(tokenOf(nameOf(index))) },
      signal,
    );
  const agents = join(folder, 'ours');
  mkdirSync(agents);
  const all = await boards(agents, origin, images);
  const rings = [{ name: 'all', approval: false, failuresMost: 0, gates: {}, soakMs: 0, rest: true }];
  const release = Buffer.from(parseImage(images.good).hash as Uint8Array).toString('hex');
  const id = await manage.createRollout({ name: 'good', release, onError: 'ring', rings }, signal);
  await manage.command({ do: 'start', rollout: id }, signal);
  return rolled(all, async () => (await manage.rollout(id, signal)).state === 'FINISHED');
}

async function theirRollout(folder: string, goosebit: LiveGoosebit, { good, ...images }: Images): Promise<number> {
  const agents = join(folder, 'theirs');
  mkdirSync(agents);
  const all = await boards(agents, goosebit.address, { good, ...images });
  const file = packageOf(describedAs('1.1.0', 'app.bin'), { 'app.bin': good });
  await goosebit.rollout('good', await goosebit.upload('good.swu', file));
  // Its count of successes loses some when they come at once.
  return rolled(all, async () => (await goosebit.devices()).every(({ last_state: state }) => state === 'Finished'));
}

/** Polls a second, as fast as the server answers. */
async function pollsOf(server: Server): Promise<number> {
  const end = performance.now() + pollMs;
  const begun = performance.now();
  const counts = await Promise.all(Array.from({ length: connections }, (_, first) => pollOn(server, first, end)));
  return (counts.reduce((sum, count) => sum + count) * 1_000) / (performance.now() - begun);
}

/** One connection, which is used by devices in turn; how many were answered. */
function pollOn({ origin, tenant }: Server, first: number, end: number): Promise<number> {
  const { hostname, port, host } = new URL(origin);
  const socket: Socket = connect(Number(port), hostname);
  socket.setNoDelay(true);
  let [count, device, text] = [0, first, ''];
  const ask = () => {
    const index = device++ % devices;
    const name = nameOf(index);
    const { id, place } = agentIdentity(name, index);
    const lines = [
      `GET /${tenant}/controller/v1/${name} HTTP/1.1`,
      `host: ${host}`,
      `authorization: TargetToken ${tokenOf(name)}`,
      `${agentHeader}: ${id} ${place}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  };
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', ask);
    socket.on('data', (part) => {
      text += part.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(text.slice(0, head))?.[1]);
      if (text.length < head + 4 + length) return;
      if (!text.startsWith('HTTP/1.1 200')) {
        socket.destroy();
        reject(new Error(`fleet-poll: ${origin} answers ${text.slice(0, 200)}`));
        return;
      }
      text = '';
      count++;
      if (performance.now() < end) {
        ask();
        return;
      }
      socket.destroy();
      resolve(count);
    });
  });
}
