// A game day with real processes: boards over UDP, their gateway, a Prometheus that scrapes it, an Alertmanager that pages, the update server and its agents. In the
// first cryostat a board falls silent after its update: somebody is paged, the webhook closes the gate, the rollout stops by itself, the ring goes back, and the record
// tells all of it. On the way the agent is killed in the middle of an update, another takes its devices over, and the server is killed.
// Debian: apt-get install --no-install-recommends prometheus prometheus-alertmanager

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as rest } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { parseVerifierKey } from '../../../../host/fleet/audit/note.ts';
import { openSource } from '../../../../host/fleet/audit/source.ts';
import { verifyLog } from '../../../../host/fleet/audit/verify.ts';
import { tokenHash } from '../../../../host/fleet/ddi/server.ts';
import { ManageClient } from '../../../../host/fleet/manage/client.ts';
import { postmortemOf } from '../../../../host/fleet/manage/postmortem.ts';
import type { RolloutSummary } from '../../../../host/fleet/manage/summary.ts';
import { parseImage } from '../../../../host/tools/image/index.ts';
import { makeToken } from '../../../../host/tools/image/token.ts';
import { readFuseReport } from '../../../../host/tools/smp/boot-group.ts';
import { SmpClient } from '../../../../host/tools/smp/index.ts';
import { keys } from '../../../rig/keys.ts';
import { freePort } from '../../campaign/live-server.ts';
import { pathTool } from '../../interop/install.ts';
import { LiveProcess } from '../../telemetry/live/live-process.ts';
import { benchImages } from '../bench.ts';
import { publish } from '../published.ts';

const tools = ['prometheus', 'prometheus-alertmanager'].map((name) => pathTool(name));
const missing = tools.find(({ path }) => path === undefined)?.missing;
if (missing !== undefined) console.log(`no game day of a fleet: ${missing}`);
const signal = new AbortController().signal;
const boards = ['rig-1', 'north-1', 'north-2'] as const;
type Name = (typeof boards)[number];
const silenceSeconds = 30;
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;

describe.skipIf(missing !== undefined)('a game day of a fleet', () => {
  let folder: string;
  let manage: ManageClient;
  let pager: Server;
  /** What the person on call was told, and when. */
  const pages: { atMs: number; text: string }[] = [];
  let ports: Record<Name | 'gateway' | 'prometheus' | 'alertmanager' | 'fleet', number>;
  const running = new Map<string, LiveProcess>();
  const others: ChildProcess[] = [];
  const at = (name: string) => join(folder, name);
  const local = (name: keyof typeof ports) => `127.0.0.1:${ports[name]}`;
  const image = { old: '', good: '' };

  const start = async (name: string, ...words: string[]) => {
    const process = await LiveProcess.start(words);
    running.set(name, process);
    return process;
  };
  const serve = () =>
    start(
      ...([
        'fleet',
        'fleet',
        'serve',
        '--folder',
        at('coldrig-fleet'),
        '--repository',
        at('coldrig-releases'),
      ] as const),
      ...['--listen', local('fleet'), '--poll', '2', '--alertmanager', '--prometheus', `http://${local('prometheus')}`],
    );
  const agent = (place: string) =>
    start(
      ...([place, 'fleet', 'agent', '--devices', at('devices.yaml'), '--root', at('root.json')] as const),
      ...['--server', `http://${local('fleet')}`, '--folder', at(place)],
    );

  async function until<Value>(what: string, ask: () => Promise<Value | undefined>): Promise<Value> {
    for (let tries = 0; tries < 2_400; tries++) {
      const found = await ask().catch((error: Error) => {
        if (error.name === 'FleetServerError') return undefined;
        throw error;
      });
      if (found !== undefined) return found;
      await rest(250);
    }
    throw new Error(`${what}: not so after ten minutes; ${JSON.stringify(await manage.rollouts(signal))}`);
  }
  const rollout = (what: string, isSo: (now: RolloutSummary) => boolean) =>
    until(what, async () => {
      const now = await manage.rollout(1, signal);
      return isSo(now) ? now : undefined;
    });
  const said = (name: string, text: RegExp) =>
    until(`${name} says ${text}`, async () => running.get(name)?.said.find((line) => text.test(line)));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'coldrig-game-day-'));
    const names = [...boards, 'gateway', 'prometheus', 'alertmanager', 'fleet'] as const;
    ports = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await freePort()]))) as typeof ports;
    const images = await benchImages();
    writeFileSync(at('old.bin'), images.old);
    const fuses = [0, 1].map((key) => {
      writeFileSync(at(`${key}.pub`), keys[key].publicKeyPem);
      return at(`${key}.pub`);
    });
    for (const [seed, name] of boards.entries())
      await start(
        ...([name, 'run', '--udp', `${ports[name]}`, '--seed', `${seed + 1}`, '--image', at('old.bin')] as const),
        ...fuses.flatMap((key) => ['--key', key]),
      );
    const client = await SmpClient.open(`udp://${local('rig-1')}`, { signal });
    const { board } = await readFuseReport(client);
    await client.close();
    const hash = (bytes: Uint8Array) => parseImage(bytes).hash as Uint8Array;
    const token = makeToken({
      ...{ privateKeyPem: keys[0].privateKeyPem, imageHash: hash(images.old), board, displaces: '1.2.0' },
      counter: [0, 0xffff_ffff],
    });
    publish(folder, [images.old, images.good], token);
    [image.old, image.good] = [images.old, images.good].map((one) => Buffer.from(hash(one)).toString('hex'));
    await serve();
    await startTelemetry();
    manage = new ManageClient({
      ...{ server: `http://${local('fleet')}`, person: 'game day' },
      token: readFileSync(at('coldrig-fleet/operator.token'), 'utf8').trim(),
    });
    for (const name of boards) {
      const secret = `token-of-${name}-is-long-enough`;
      writeFileSync(at(`${name}.token`), `${secret}\n`);
      const cryostat = `site/${name.split('-')[0]}`;
      await manage.command({ do: 'add-device', device: name, cryostat, tokenHash: tokenHash(secret) }, signal);
    }
    const devices = boards.map((name) => ({
      ...{ name, target: `udp://${local(name)}`, token: at(`${name}.token`) },
    }));
    writeFileSync(at('devices.yaml'), stringify(devices));
  });
  afterAll(async () => {
    for (const process of running.values()) await process.end();
    for (const process of others) process.kill('SIGKILL');
    pager?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function startTelemetry(): Promise<void> {
    const devices = boards.map((name) => ({ target: `udp://${local(name)}`, cryostat: `site/${name.split('-')[0]}` }));
    writeFileSync(at('gateway.yaml'), stringify({ name: 'site', devices }));
    await start('gateway', 'gateway', at('gateway.yaml'), '--log', at('telemetry'), '--listen', local('gateway'));
    const lost = `time() - coldrig_last_heartbeat_timestamp_seconds > ${silenceSeconds}`;
    const rules = [
      { alert: 'Watchdog', expr: 'vector(1)', labels: { severity: 'none' } },
      { alert: 'HeartbeatLost', expr: lost, labels: { severity: 'page' } },
    ];
    writeFileSync(at('rules.yml'), stringify({ groups: [{ name: 'all', interval: '1s', rules }] }));
    const prometheus = {
      global: { scrape_interval: '1s' },
      rule_files: [at('rules.yml')],
      scrape_configs: [{ job_name: 'gateway', honor_labels: true, static_configs: [{ targets: [local('gateway')] }] }],
      alerting: { alertmanagers: [{ static_configs: [{ targets: [local('alertmanager')] }] }] },
    };
    writeFileSync(at('prometheus.yml'), stringify(prometheus));
    const token = at('coldrig-fleet/alerts.token');
    await until('the server has made its token', async () => existsSync(token) || undefined);
    const webhook = { url: `http://${local('fleet')}/alerts`, max_alerts: 0 };
    const http = { http_config: { authorization: { credentials: readFileSync(token, 'utf8').trim() } } };
    const person = { url: `http://127.0.0.1:${await startPager()}/` };
    const alertmanager = {
      route: {
        ...{ receiver: 'fleet', group_by: ['alertname', 'cryostat'], group_wait: '0s' },
        ...{ group_interval: '5s', repeat_interval: '10s' },
        routes: [{ receiver: 'person', matchers: ['severity = page'], continue: true }, { receiver: 'fleet' }],
      },
      receivers: [
        { name: 'fleet', webhook_configs: [{ ...webhook, ...http }] },
        { name: 'person', webhook_configs: [person] },
      ],
    };
    writeFileSync(at('alertmanager.yml'), stringify(alertmanager));
    const [store, alerter] = tools.map(({ path }) => path as string);
    others.push(
      spawn(
        alerter,
        [
          ...[`--config.file=${at('alertmanager.yml')}`, `--storage.path=${at('alertmanager')}`],
          ...[`--web.listen-address=${local('alertmanager')}`, '--cluster.listen-address='],
        ],
        { stdio: 'ignore' },
      ),
      spawn(
        store,
        [
          ...[`--config.file=${at('prometheus.yml')}`, `--storage.tsdb.path=${at('store')}`],
          // What it sends before it knows its Alertmanager is lost, and sent again only after a minute.
          ...[`--web.listen-address=${local('prometheus')}`, '--rules.alert.resend-delay=5s'],
        ],
        { stdio: 'ignore' },
      ),
    );
  }

  async function startPager(): Promise<number> {
    pager = createServer(async (request, response) => {
      const chunks: Buffer[] = await request.toArray();
      const { status, alerts } = JSON.parse(Buffer.concat(chunks).toString());
      for (const { labels } of alerts)
        pages.push({ atMs: Date.now(), text: `${status}: ${labels.alertname} of ${labels.device}` });
      response.end();
    }).listen(0, '127.0.0.1');
    await once(pager, 'listening');
    return (pager.address() as AddressInfo).port;
  }

  test('a page about the first cryostat stops the rollout, and takes that ring back; agent and server are killed on the way', async () => {
    await agent('first');
    const ring = { approval: false, failuresMost: 0 };
    const rings = [
      { ...ring, name: 'rig', devices: ['rig-1'], soakMs: 2_000, gates: {} },
      { ...ring, name: 'north', cryostat: 'site/north', soakMs: 3_600_000, gates: { alerts: true } },
    ];
    await until('every device has said what it runs', async () => {
      const devices = await manage.devices(signal);
      return devices.every(({ running: runs }) => runs === image.old) || undefined;
    });
    await manage.createRollout({ name: 'game day', release: image.good, onError: 'ring', rings }, signal);
    await manage.command({ do: 'start', rollout: 1 }, signal);
    // The agent dies in the middle of the second ring, and another one is there, with a folder of its own.
    await said('first', /"event":"begun","device":"north-/);
    await running.get('first')?.end('SIGKILL');
    await agent('second');
    for (const name of boards)
      await said('second', new RegExp(`"device":"${name}".*has an agent already, .*first/${name} `));
    for (const device of boards)
      await manage.command({ do: 'free-device', device, reason: 'its agent has died' }, signal);
    await rollout('the second ring has confirmed', (now) => now.rings[1].confirmed === 2);
    // A board falls silent, and the server dies as well.
    const board = running.get('north-1') as LiveProcess;
    const serial = `${boards.indexOf('north-1') + 1}`.padStart(32, '0');
    expect(pages).toEqual([]);
    process.kill(board.pid, 'SIGSTOP');
    const silentMs = Date.now();
    await running.get('fleet')?.end('SIGKILL');
    await serve();
    const failed = await rollout('the ring has failed', (now) => now.rings[1].state === 'ERROR');
    const failedMs = Date.now();
    expect(failed.alerts).toMatchObject([
      { device: 'north-1', gate: 'alert', detail: 'HeartbeatLost fires, which did not under the old image' },
    ]);
    const page = await until('somebody is paged', async () => pages.at(0));
    expect(page.text).toBe(`firing: HeartbeatLost of ${serial}`);
    // Somebody has looked at it.
    process.kill(board.pid, 'SIGCONT');
    const stopped = await rollout('the rollout has stopped', (now) => now.state === 'STOPPED');
    const backMs = Date.now();
    expect(stopped).toMatchObject({ back: 2, notBack: [], rings: [{ state: 'FINISHED' }, { state: 'ERROR' }] });
    const devices = Object.fromEntries((await manage.devices(signal)).map(({ name, running: runs }) => [name, runs]));
    expect(devices).toEqual({ 'rig-1': image.good, 'north-1': image.old, 'north-2': image.old });
    const record = postmortemOf(await manage.events(0, signal), 1, 'image-1 1.1.0');
    expect(record).toMatchObject({ touched: [...boards], back: expect.arrayContaining(['north-1', 'north-2']) });
    expect(record?.text).toMatch(/north-1: \*\*alert\*\*, alert: HeartbeatLost fires/);
    await until('the page is over', async () =>
      pages.find(({ text }) => text === `resolved: HeartbeatLost of ${serial}`),
    );
    const { size } = await verifyLog(
      openSource(at('coldrig-fleet/audit')),
      parseVerifierKey(readFileSync(at('coldrig-fleet/audit.vkey'), 'utf8').trim()),
    );
    console.log(
      [
        `silent -> paged ${seconds(page.atMs - silentMs)} (${silenceSeconds} s of it are the rule's) -> ring failed ${seconds(failedMs - silentMs)}; -> all back ${seconds(backMs - failedMs)}`,
        `paged: ${pages.map(({ atMs, text }) => `${seconds(atMs - silentMs)} ${text}`).join('; ')}`,
        `${size} entries in the audit log verify\n${record?.text}`,
      ].join('\n'),
    );
  });
});
