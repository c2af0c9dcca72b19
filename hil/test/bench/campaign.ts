// What a campaign costs: a proof of 100,000 points by way of a NATS server, from the server's start to the report, with four workers of which two are
// killed on the way; beside the same proof in four plain shards, of which none is killed, from their start to their sum. All have one thread each.
//
// Plain shards are the cheapest way to divide a proof: their machines say nothing to each other. A campaign compares versions, hands out
// units one at a time, stores each result, and does again what a killed worker held. Processor time is that of all processes with the
// server and the killed ones, as the kernel counts it: on a machine with other work, wall time says little.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pointsAtLeast, proofOfManyPoints, workerNames, workWithTwoKilled } from '../campaign/killed-workers.ts';
import { coldrig, LiveServer, type Outcome } from '../campaign/live-server.ts';
import { builtTool } from '../interop/install.ts';
import { type BenchRow, median } from './row.ts';

const rounds = 3;
const goalOfPeer = 1.1;
/** Workers on one machine are heard of soon; a lab's network needs more. */
const silenceSeconds = 5;

interface Spent {
  wall: number;
  processor: number;
}

/** Rows `campaign-overhead` (wall time) and `campaign-overhead-processor`, in seconds; none where there is no NATS server. */
export async function benchCampaign(): Promise<BenchRow[]> {
  const tool = await builtTool('nats-server');
  if (tool.path === undefined) {
    console.error(`campaign-overhead: no figure: ${tool.missing}`);
    return [];
  }
  const { path } = tool;
  const own: Spent[] = [];
  const peer: Spent[] = [];
  for (let round = 0; round < rounds; round++) {
    const counts: unknown[] = [];
    own.push(await spent(async () => counts.push(await withServer(path, campaign))));
    peer.push(await spent(async () => counts.push(await withServer(path, shards))));
    const [one, other] = counts.map((each) => JSON.stringify(each));
    if (one !== other) throw new Error(`campaign-overhead: a campaign counts ${one}, shards ${other}`);
  }
  const row = (id: string, of: keyof Spent): BenchRow => {
    const [value, peerValue] = [own, peer].map((each) => median(each.map((one) => one[of])));
    return { id, value, unit: 's', goal: goalOfPeer * peerValue, peer: 'the same proof in plain shards', peerValue };
  };
  const rows = [row('campaign-overhead', 'wall')];
  // Only Linux counts the processor time of children where Node can read it.
  return own[0].processor > 0 ? [...rows, row('campaign-overhead-processor', 'processor')] : rows;
}

/** The peer gets a server too, which it does not use, so that both have one to start. */
async function withServer(path: string, what: (server: LiveServer, proof: string[]) => Promise<Counts>) {
  const server = await LiveServer.start(path);
  try {
    return await what(server, await proofOfManyPoints(server.folder));
  } finally {
    await server.end();
  }
}

interface Counts {
  points: number;
  violations: number;
  scenarios: object[];
}

async function campaign(server: LiveServer, proof: string[]): Promise<Counts> {
  ok(await server.campaign('submit', ...proof, '--name', 'killed', '--silence', `${silenceSeconds}`));
  await workWithTwoKilled(server, 'killed');
  const { result, workers } = JSON.parse(ok(await server.campaign('status', 'killed', '--json')));
  if (workers.length !== workerNames.length) throw new Error(`campaign-overhead: ${workers.length} workers were seen`);
  return countsOf(result);
}

async function shards({ folder }: LiveServer, proof: string[]): Promise<Counts> {
  const share = async (_: string, index: number, { length }: string[]) => {
    const file = join(folder, `${index}.json`);
    const words = ['--threads', '1', '--json', '--shard', `${index + 1}/${length}`];
    writeFileSync(file, ok(await coldrig('prove', ...proof, ...words)));
    return file;
  };
  const files = await Promise.all(workerNames.map(share));
  return countsOf(JSON.parse(ok(await coldrig('prove', 'merge', '--json', ...files))));
}

function countsOf({ points, violations, scenarios }: Counts): Counts {
  if (points < pointsAtLeast) throw new Error(`campaign-overhead: ${points} points, expected ${pointsAtLeast}`);
  return { points, violations, scenarios };
}

function ok({ code, stdout, stderr }: Outcome): string {
  if (code !== 0) throw new Error(`campaign-overhead: a command failed: ${stderr || stdout}`);
  return stdout;
}

async function spent(run: () => Promise<unknown>): Promise<Spent> {
  const [start, before] = [performance.now(), processorOfEnded()];
  await run();
  return { wall: (performance.now() - start) / 1000, processor: processorOfEnded() - before };
}

/** Processor time of all children that have ended, in seconds: fields cutime and cstime of proc(5), whose unit is 10 ms on all Linux that Node runs on. */
function processorOfEnded(): number {
  if (process.platform !== 'linux') return 0;
  // The name of the program, in parentheses, may have spaces.
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
