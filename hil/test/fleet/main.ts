// A large fleet on this machine: boards with their real bootloader and firmware, forked from one snapshot, agents, and the server as a process of its own that
// is killed at random moments.
//
//   npx tsx hil/test/fleet/main.ts good 1000 200      a good release: ends with all of them confirmed; the server is killed 200 times
//   npx tsx hil/test/fleet/main.ts bad 1000 200       a bad one: stops in its first ring, and everybody is back
//   npx tsx hil/test/fleet/main.ts some 1000 0        a good one, and 3 % of the devices fail it
//   npx tsx hil/test/fleet/main.ts back 1000 200      a good one to all of them, and then a person takes it back from all of them
//
// Prints what it saw, and fails when a promise is broken. It takes minutes, so the suite has a slice of it (thread.test.ts).

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../../host/board/random.ts';
import { parseVerifierKey } from '../../../host/fleet/audit/note.ts';
import { openSource } from '../../../host/fleet/audit/source.ts';
import { verifyLog } from '../../../host/fleet/audit/verify.ts';
import { tokenHash } from '../../../host/fleet/ddi/server.ts';
import { ManageClient } from '../../../host/fleet/manage/client.ts';
import type { RolloutSummary } from '../../../host/fleet/manage/summary.ts';
import { tokenFileOf } from '../../../host/fleet/serve.ts';
import { parseImage } from '../../../host/tools/image/index.ts';
import { makeToken } from '../../../host/tools/image/token.ts';
import { readFuseReport } from '../../../host/tools/smp/boot-group.ts';
import type { DeviceUnderTest } from '../../rig/index.ts';
import { keys } from '../../rig/keys.ts';
import { benchImages } from './bench.ts';
import { KilledServer } from './killed-server.ts';
import { publish } from './published.ts';
import { agentOf, type ScaleDevice, tokenOf } from './scale-device.ts';

const stories = ['good', 'bad', 'some', 'back'] as const;
type Story = (typeof stories)[number];

interface Scale {
  which: Story;
  devices: ScaleDevice[];
  server: KilledServer;
  manage: ManageClient;
  ringOne: number;
  image: string;
  old: string;
}

const signal = new AbortController().signal;
/** One in so many fails, in the story `some`. */
const oneIn = 33;
/** Requests of a device in an update, about. */
const requestsOfUpdate = 10;
const secondsText = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
const hex = (image: Uint8Array) => Buffer.from(parseImage(image).hash as Uint8Array).toString('hex');

async function main(which: Story, count: number, kills: number, seed: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'coldrig-scale-'));
  const images = await benchImages();
  const image = which === 'bad' ? images.bad : images.good;
  const first = await images.board();
  publish(folder, [images.old, image], await tokenFor(images.old, first));
  const server = new KilledServer(folder, ['--poll', '1']);
  await server.start();
  const manage = new ManageClient({
    ...{ server: server.origin, person: 'scale' },
    token: readFileSync(tokenFileOf(join(folder, 'coldrig-fleet')), 'utf8').trim(),
  });
  const ringOne = Math.max(1, Math.round(count / (which === 'bad' ? 5 : 20)));
  const scale: Scale = { ...{ which, server, manage, ringOne, image: hex(image), old: hex(images.old) }, devices: [] };
  for (let index = 0; index < count; index++) {
    const name = `device-${String(index).padStart(4, '0')}`;
    const add = { do: 'add-device', device: name, tokenHash: tokenHash(tokenOf(name)) } as const;
    await asked(scale, () => manage.command(add, signal));
    const board = index === 0 ? first : first.fork();
    board.logMost = 100;
    const fails = which === 'some' && index % oneIn === oneIn - 1;
    scale.devices.push({ name, board, fails, agent: agentOf(folder, server.origin, name, board, fails, index) });
  }
  for (const device of scale.devices) await turn(scale, device);
  console.log(`${count} devices have reported, ${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`);
  const begun = performance.now();
  const id = await begin(scale);
  if (kills > 0) server.begin({ kills, gap: gapOf(scale, kills), random: new Random(seed) });
  await untilOver(scale, id, begun);
  if (which === 'back') {
    await asked(scale, () =>
      manage.command({ do: 'stop', rollout: id, scope: 'rollout', reason: 'taken back' }, signal),
    );
    await untilOver(scale, id, begun);
  }
  const { requests } = server;
  const end = (await asked(scale, () => manage.rollout(id, signal))) as RolloutSummary;
  await judgeBoards(scale);
  await judgeServer(scale, id, end);
  await server.end();
  await judgeAudit(folder);
  report(scale, seed, performance.now() - begun, requests);
  rmSync(folder, { recursive: true });
}

/** Between two kills: all of them are to fall into the story. */
function gapOf({ which, devices, ringOne }: Scale, kills: number): number {
  const updates = which === 'bad' ? ringOne / 2 : devices.length;
  return Math.max(3, Math.floor((updates * requestsOfUpdate) / kills));
}

async function begin({ which, devices, manage, ringOne, image }: Scale): Promise<number> {
  const failuresMost = { good: 0, back: 0, bad: Math.floor(ringOne / 2), some: devices.length }[which];
  const ring = { approval: false, failuresMost, gates: {}, soakMs: 1_000, rest: true };
  const all = [
    { ...ring, name: 'one', count: ringOne },
    { ...ring, name: 'fleet' },
  ];
  const rings = all.slice(0, devices.length > ringOne ? 2 : 1);
  const id = await manage.createRollout({ name: which, release: image, onError: 'ring', rings }, signal);
  await manage.command({ do: 'start', rollout: id }, signal);
  return id;
}

async function untilOver(scale: Scale, id: number, begun: number): Promise<void> {
  let told: string | undefined;
  for (;;) {
    for (const device of scale.devices) await turn(scale, device);
    const now = (await asked(scale, () => scale.manage.rollout(id, signal))) as RolloutSummary;
    const rings = now.rings.map((one) => `${one.name} ${one.state} ${one.confirmed}/${one.devices}`).join(', ');
    const line = `${now.state}, ${rings}`;
    if (line !== told) console.log(`${secondsText(performance.now() - begun)}: ${line}`);
    told = line;
    if (now.state === 'FINISHED' || now.state === 'STOPPED') return;
    if (scale.which === 'some') await waiveFailed(scale, id);
  }
}

/** As a person would: the ring does without those that have failed. */
async function waiveFailed(scale: Scale, id: number): Promise<void> {
  for (const { name, failed, action } of (await asked(scale, () => scale.manage.devices(signal))) ?? [])
    if (failed.length > 0 && action === null)
      await asked(scale, () =>
        scale.manage.command({ do: 'waive', rollout: id, device: name, reason: 'looked at' }, signal).catch((error) => {
          // It was left out before.
          if ((error as { status?: number }).status !== 409) throw error;
        }),
      );
}

/** One turn; asked again when the server was away, as an agent does. */
async function turn(scale: Scale, { agent }: ScaleDevice): Promise<void> {
  await asked(scale, () => agent.turn(signal));
}

async function asked<Answer>({ server }: Scale, question: () => Promise<Answer>): Promise<Answer> {
  for (;;)
    try {
      await server.isUp;
      return await question();
    } catch (error) {
      if ((error as Error).name !== 'FleetServerError') throw error;
      const { status } = error as { status?: number };
      if (status !== undefined && status < 500) throw error;
    }
}

/** Lets boards go back to this image. */
async function tokenFor(image: Uint8Array, board: DeviceUnderTest): Promise<Uint8Array> {
  const { board: number } = await readFuseReport(board.client());
  const of = { privateKeyPem: keys[0].privateKeyPem, imageHash: parseImage(image).hash as Uint8Array, board: number };
  return makeToken({ ...of, displaces: '1.2.0', counter: [0, 0xffff_ffff] });
}

/** By the boards themselves, not by what the server believes. */
async function judgeBoards({ which, devices, ringOne, image, old }: Scale): Promise<void> {
  const wrong: string[] = [];
  for (const [index, { name, board, fails }] of devices.entries()) {
    const states = await board.client().imageState();
    const active = states.find((one) => one.active);
    const running = Buffer.from(active?.hash ?? []).toString('hex');
    const isOld = which === 'bad' || which === 'back' || fails;
    if (running !== (isOld ? old : image) || !active?.confirmed) wrong.push(`${name} runs ${running.slice(0, 12)}`);
    const isTouched = states.some(({ hash }) => Buffer.from(hash ?? []).toString('hex') === image);
    if (which === 'bad' && index >= ringOne && isTouched) wrong.push(`${name} was touched, and is in a later ring`);
    const trials = board.events('IMAGE_PENDING').length;
    if (trials > (which === 'back' ? 2 : 1)) wrong.push(`${name} was updated ${trials} times`);
  }
  refuse(wrong);
}

/** By its history: every device got the release once, and everything that was begun has ended. */
async function judgeServer({ which, devices, manage, ringOne }: Scale, id: number, end: RolloutSummary): Promise<void> {
  const wrong: string[] = [];
  const rings = end.rings.map(({ state }) => state);
  const isStopped = which === 'bad' || which === 'back';
  const expected = [
    isStopped ? 'STOPPED' : 'FINISHED',
    ...(which === 'bad' ? ['ERROR', 'SCHEDULED'] : ['FINISHED', 'FINISHED']),
  ];
  if ([end.state, ...rings].join() !== expected.slice(0, rings.length + 1).join())
    wrong.push(`the rollout is ${end.state} with rings ${rings.join(', ')}`);
  const open = new Map<number, string>();
  const had = new Map<string, number>();
  const moments: Record<string, number> = {};
  let [failed, confirmed] = [0, 0];
  for (const event of await manage.events(0, signal)) {
    moments[event.type] ??= event.atMs;
    if (event.type === 'action-created') {
      open.set(event.action, event.device);
      const key = `${event.device} ${event.kind}`;
      had.set(key, (had.get(key) ?? 0) + 1);
    }
    if (event.type !== 'action-ended') continue;
    if (!open.delete(event.action)) wrong.push(`action ${event.action} ends twice`);
    if (event.state === 'ERROR') failed++;
    if (event.state === 'FINISHED') confirmed++;
  }
  for (const [action, times] of had) if (times > 1) wrong.push(`${action}: ${times} times`);
  if (open.size > 0) wrong.push(`${open.size} actions have no end`);
  const due = which === 'back' ? 2 * devices.length : devices.length;
  if (which !== 'bad' && had.size !== due) wrong.push(`${had.size} actions of ${due} were given`);
  if (which === 'bad' && had.size > ringOne)
    wrong.push(`${had.size} devices were asked, the first ring has ${ringOne}`);
  refuse(wrong);
  const ended = confirmed + failed;
  console.log(
    `rollout ${id} ${end.state}: ${had.size} actions were given, ${confirmed} of ${ended} succeeded (${((100 * confirmed) / ended).toFixed(1)} %)`,
  );
  if (which !== 'bad') return;
  const [started, failedAt, stopped] = ['ring-started', 'ring-failed', 'rollout-stopped'].map((type) => moments[type]);
  console.log(
    `time to detect, from the start of the ring: ${secondsText(failedAt - started)}; time to rolled back, from there: ${secondsText(stopped - failedAt)} (of the fleet's clock, which stands while no server is there)`,
  );
}

async function judgeAudit(folder: string): Promise<void> {
  const at = (name: string) => join(folder, 'coldrig-fleet', name);
  const key = parseVerifierKey(readFileSync(at('audit.vkey'), 'utf8').trim());
  const { size } = await verifyLog(openSource(at('audit')), key);
  console.log(`the audit log has ${size} entries, and verifies`);
}

function refuse(wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(`${wrong.length} promises broken: ${wrong.slice(0, 5).join('; ')}`);
}

function report({ which, devices, server }: Scale, seed: number, wallMs: number, requests: number): void {
  const { startsMs, startsCpuMs } = server;
  const middle = (of: readonly number[]) => [...of].sort((a, b) => a - b)[of.length >> 1].toFixed(0);
  console.log(
    `${which}, ${devices.length} devices, seed ${seed}, server killed ${server.kills} times: as promised, after ${secondsText(wallMs)}, ${(devices.length / (wallMs / 1000)).toFixed(2)} devices/s`,
  );
  console.log(
    `${requests} requests, ${(server.cpuMs / requests).toFixed(2)} ms of the server's processor time each; a start: median ${middle(startsMs)} ms wall, ${middle(startsCpuMs)} ms processor`,
  );
}

const [which, count, kills, seed] = process.argv.slice(2);
const story = stories.find((one) => one === which);
if (story === undefined)
  throw new Error(`expected ${stories.join(', ')}, found ${which ?? 'nothing'}; for instance: main.ts good 1000 200`);
await main(story, Number(count ?? 1000), Number(kills ?? 0), Number(seed ?? 1));
process.exit(0);
