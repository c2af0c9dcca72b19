// What a campaign costs: a proof by way of a NATS server, from its submission to its report, beside the same proof in plain shards, from their
// start to their sum. Both in processes with one thread each, one for each core.
//
// Plain shards are the cheapest way to divide a proof: their machines say nothing to each other. A campaign compares versions, hands out
// units one at a time, and stores each result.

import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { coldrig, LiveServer, type Outcome } from '../campaign/live-server.ts';
import { builtTool } from '../interop/install.ts';
import { millisecondsOf } from './measure.ts';
import { type BenchRow, median } from './row.ts';

/** Long enough that the start of processes is not what is measured. */
const proof = ['tamper'];
const rounds = 3;
const goalOfPeer = 1.1;

/** Row `campaign-overhead`, in seconds of wall time; none where there is no NATS server. */
export async function benchCampaign(): Promise<BenchRow[]> {
  const tool = await builtTool('nats-server');
  if (tool.path === undefined) {
    console.error(`campaign-overhead: no figure: ${tool.missing}`);
    return [];
  }
  const server = await LiveServer.start(tool.path);
  const times: { own: number[]; peer: number[] } = { own: [], peer: [] };
  try {
    for (let round = 0; round < rounds; round++) {
      const points: unknown[] = [];
      times.own.push(await millisecondsOf(async () => points.push(await campaign(server, `round-${round}`))));
      times.peer.push(await millisecondsOf(async () => points.push(await shards(server.folder))));
      if (points[0] !== points[1])
        throw new Error(`campaign-overhead: ${points[0]} points in a campaign, ${points[1]} in shards`);
    }
  } finally {
    await server.end();
  }
  const [value, peerValue] = [times.own, times.peer].map((each) => median(each) / 1000);
  const peer = 'the same proof in plain shards';
  return [{ id: 'campaign-overhead', value, unit: 's', goal: goalOfPeer * peerValue, peer, peerValue }];
}

const cores = Array.from({ length: availableParallelism() }, (_, index) => index + 1);

async function campaign(server: LiveServer, name: string): Promise<unknown> {
  ok(await server.campaign('submit', ...proof, '--name', name));
  const workers = cores.map((core) => server.campaign('work', name, '--as', `core-${core}`, '--threads', '1'));
  for (const worker of await Promise.all(workers)) ok(worker);
  return JSON.parse(ok(await server.campaign('status', name, '--json'))).result.points;
}

async function shards(folder: string): Promise<unknown> {
  const share = async (core: number) => {
    const file = join(folder, `${core}.json`);
    writeFileSync(
      file,
      ok(await coldrig('prove', ...proof, '--threads', '1', '--json', '--shard', `${core}/${cores.length}`)),
    );
    return file;
  };
  return JSON.parse(ok(await coldrig('prove', 'merge', '--json', ...(await Promise.all(cores.map(share)))))).points;
}

function ok({ code, stdout, stderr }: Outcome): string {
  if (code !== 0) throw new Error(`campaign-overhead: a command failed: ${stderr || stdout}`);
  return stdout;
}
