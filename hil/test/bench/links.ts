// The cost of the links: the time of an echo over UDP, and the processor time of an idle board.
//
// Echoes go in turn to a board that runs in real time and to a bare UDP server that answers without a board (echo-peer.ts), from the same
// client, so that a slow machine slows both. The board itself needs 0.2 ms of its time for one. Idle is measured as processor
// time of the process, ten seconds long after a minute's warming up. Beside it, in the same ten seconds, stands a bare process that wakes as often
// and does nothing: on a virtual machine a wake alone may take a millisecond or two, because memory and caches are cold after a sleep.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SLEEP_MAXIMUM_MS } from '../../../host/links/pacer-traffic.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { SmpClient } from '../../../host/tools/smp/index.ts';
import { Smp } from '../../../protocol/smp/smp.ts';
import { pythonTool } from '../interop/install.ts';
import { LiveDevice } from '../interop/live-device.ts';
import type { BenchRow } from './row.ts';

const rounds = 400;
const uncounted = 20;
/** Beside the bare server's. */
const goalMs = 1;
const idleGoalPercent = 0.5;
const idleSeconds = 10;
const idlePeer = 'a bare process that wakes once a second';
const warmUpSeconds = 60;

/** Rows `echo-rtt-p50`, `echo-rtt-p99`, the same by smpclient where Python has it, `idle-cpu` and `idle-cpu-max`. */
export async function benchLinks(): Promise<BenchRow[]> {
  const bare = await BareEcho.start();
  try {
    return [
      ...(await echoRows(bare)),
      ...(await idleRow('idle-cpu', [])),
      ...(await idleRow('idle-cpu-100', ['--speed', '100'])),
      ...(await idleRow('idle-cpu-max', ['--speed', 'max'])),
    ];
  } finally {
    bare.close();
  }
}

async function echoRows(bare: BareEcho): Promise<BenchRow[]> {
  const device = await LiveDevice.start();
  try {
    const rows = rowsOf('echo-rtt', 'a bare UDP echo', await ownTimes(device, bare));
    const tool = await pythonTool('smpmgr');
    if (tool.path === undefined) return rows;
    const script = join(repositoryRoot, 'hil/test/interop/clients/echo_times.py');
    const places = [`${device.host}:${Smp.UDP_PORT}`, `127.0.0.1:${bare.port}`];
    const python = join(tool.path, '..', 'python');
    const { stdout } = await promisify(execFile)(python, [script, String(rounds), ...places]);
    return [...rows, ...rowsOf('echo-rtt-smpclient', 'a bare UDP echo', JSON.parse(stdout))];
  } finally {
    await device.close();
  }
}

async function ownTimes(device: LiveDevice, bare: BareEcho): Promise<[ours: number[], theirs: number[]]> {
  const clients = [await device.own(), await SmpClient.open(`udp://127.0.0.1:${bare.port}`)];
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < uncounted + rounds; round++) {
    for (const [i, client] of clients.entries()) {
      const begin = performance.now();
      await client.echo(`echo ${round}`);
      if (round >= uncounted) times[i].push(performance.now() - begin);
    }
  }
  await clients[1].close();
  return times;
}

function rowsOf(id: string, peer: string, [ours, theirs]: [number[], number[]]): BenchRow[] {
  return [50, 99].map((percent) => {
    const peerValue = percentile(theirs, percent);
    const goal = percent === 50 ? peerValue + goalMs : 0;
    return { id: `${id}-p${percent}`, value: percentile(ours, percent), unit: 'ms', goal, peer, peerValue };
  });
}

function percentile(values: number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))];
}

/** Percent of a core; no row where the system has no /proc/PID/task/TID/schedstat to read it from. */
async function idleRow(id: string, options: string[]): Promise<BenchRow[]> {
  const device = await LiveDevice.start(options);
  const waker = spawn(process.execPath, ['-e', `setInterval(() => {}, ${SLEEP_MAXIMUM_MS})`], { stdio: 'ignore' });
  try {
    const ready = await device.event('ready', 0);
    // An engine compiles for the first minute of a board that does little; at `max` a board is idle after an hour of its time.
    await device.event('heartbeat', 0, {}, 60_000);
    await rest(warmUpSeconds);
    const pids = [Number(ready.pid), waker.pid as number];
    const before = pids.map(cpuSeconds);
    await rest(idleSeconds);
    const [value, peerValue] = pids.map((pid, i) => ((cpuSeconds(pid) - before[i]) / idleSeconds) * 100);
    return [{ id, value, unit: '% of a core', goal: idleGoalPercent, peer: idlePeer, peerValue }];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    console.error(`${id}: no figure, for this system has no /proc/PID/task/TID/schedstat to read processor times from`);
    return [];
  } finally {
    waker.kill();
    await device.close();
  }
}

const rest = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Of all threads, in nanoseconds as the scheduler counts them: its ticks of 10 ms are as long as what an idle process takes. */
function cpuSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spent = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return spent.reduce((sum, each) => sum + each, 0) / 1e9;
}

class BareEcho {
  readonly port: number;
  private readonly child: ChildProcess;

  static async start(): Promise<BareEcho> {
    const script = join(repositoryRoot, 'hil/test/bench/echo-peer.ts');
    const child = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [port] = await once(child.stdout as NodeJS.ReadableStream, 'data');
    return new BareEcho(child, Number(String(port)));
  }

  private constructor(child: ChildProcess, port: number) {
    this.child = child;
    this.port = port;
  }

  close(): void {
    this.child.stdin?.end();
  }
}
