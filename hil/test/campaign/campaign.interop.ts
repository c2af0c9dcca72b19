// A campaign on a real NATS server: killed workers and a killed server change no count.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CampaignServer } from '../../campaign/nats-server.ts';
import { Patience } from '../../campaign/patience.ts';
import { planOf } from '../../campaign/plan.ts';
import { look } from '../../campaign/state.ts';
import { submit } from '../../campaign/submit.ts';
import { builtTool } from '../interop/install.ts';
import { pointsAtLeast, proofOfManyPoints, workerNames, workWithTwoKilled } from './killed-workers.ts';
import { coldrig, coldrigIn, LiveServer } from './live-server.ts';

const tool = await builtTool('nats-server');
if (tool.path === undefined) console.log(`no campaign on a real server: ${tool.missing}`);

/** What is the same on every machine. */
function figures(text: string): Record<string, unknown> {
  const { seconds, pointsPerSecondPerCore, processorSeconds, ...rest } = JSON.parse(text);
  expect([typeof seconds, typeof pointsPerSecondPerCore, typeof processorSeconds]).toEqual(Array(3).fill('number'));
  return rest;
}

describe.skipIf(tool.path === undefined)('a campaign on a NATS server', () => {
  let server: LiveServer;
  beforeAll(async () => {
    server = await LiveServer.start(tool.path as string);
  });
  afterAll(() => server?.end());
  const scenario = ['--slice', '--scenario', 'upgrade'];

  test('of 100,000 points, of which two workers and the server are killed, counts what one machine counts', async () => {
    const proof = await proofOfManyPoints(server.folder);
    const submitted = await server.campaign('submit', ...proof, '--name', 'killed', '--silence', '3', '--json');
    expect(submitted).toMatchObject({ code: 0, stderr: '' });
    const { units } = JSON.parse(submitted.stdout);
    expect(JSON.parse(submitted.stdout)).toMatchObject({ campaign: 'killed', queued: units, again: false });
    const others = await workWithTwoKilled(server, 'killed', async (left) => {
      await server.kill();
      for (const worker of left) await worker.says(/the server does not answer; waiting for it/);
      await server.start();
    });
    const report = join(server.folder, 'report.json');
    const waited = await server.campaign('status', 'killed', '--wait', '--report', report, '--json');
    expect(waited).toMatchObject({ code: 0, stderr: '' });
    expect(others.flatMap(({ lines }) => lines)).toContain('the server answers again');
    const state = JSON.parse(waited.stdout);
    expect(state).toMatchObject({
      state: 'complete',
      units,
      done: units,
      failed: [],
      lost: [],
      running: 0,
      waiting: 0,
    });
    expect(state.workers.map(({ worker }: { worker: string }) => worker)).toEqual(workerNames);
    const whole = await coldrig('prove', ...proof, '--json');
    expect(figures(readFileSync(report, 'utf8'))).toEqual(figures(whole.stdout));
    expect(JSON.parse(whole.stdout).points).toBeGreaterThanOrEqual(pointsAtLeast);
  });

  test('whose proof finds violations ends as that proof does', async () => {
    const broken = ['power', ...scenario, '--canary', 'power loss taken for a failed trial'];
    await server.campaign('submit', ...broken, '--name', 'broken');
    expect(await server.worker('broken', 'a').ended()).toBe(0);
    const [report, junit] = ['broken.json', 'broken.xml'].map((name) => join(server.folder, name));
    const campaign = await server.campaign('status', 'broken', '--report', report, '--junit', junit);
    const whole = await coldrig('prove', ...broken, '--json');
    expect([campaign.code, whole.code]).toEqual([1, 1]);
    expect(figures(readFileSync(report, 'utf8'))).toEqual(figures(whole.stdout));
    expect(readFileSync(junit, 'utf8')).toContain(`failures="${JSON.parse(whole.stdout).violations}"`);
    expect(campaign.stdout).toMatch(/broken: .*\n[\s\S]*coldrig prove power --seed 1 --scenario 'upgrade' --point/);
  });

  test('of scenarios ends as one machine does, and has what failures left', async () => {
    const project = join(server.folder, 'project');
    mkdirSync(join(project, 'scenarios'), { recursive: true });
    const scenario = (name: string, end: number) =>
      `scenario('${name}', {}, async (rig) => { rig.measure('chosen', rig.choose(9), { unit: '' }); if (rig.choose(1) !== ${end}) throw new Error('as it must'); });`;
    const head = "import { scenario } from 'coldrig/hil';";
    const files = { b: [scenario('zeta', 0), scenario('alpha', 0)], a: [scenario('mu', 0), scenario('it fails', 1)] };
    for (const [name, scenarios] of Object.entries(files))
      writeFileSync(join(project, 'scenarios', `${name}.scenario.ts`), [head, ...scenarios].join('\n'));
    const whole = JSON.parse((await coldrigIn(project, 'hil', '--json')).stdout);
    rmSync(join(project, 'build'), { recursive: true });
    await server.campaignIn(project, 'submit', 'hil', '--units', '3', '--name', 'scenarios');
    const workers = ['a', 'b'].map((name) =>
      server.campaignIn(project, 'work', 'scenarios', '--as', name, '--threads', '1'),
    );
    for (const { code, stderr } of await Promise.all(workers)) expect(code, stderr).toBe(0);
    const report = join(server.folder, 'hil.json');
    const campaign = await server.campaignIn(project, 'status', 'scenarios', '--report', report);
    const verdicts = ({ scenarios, ...counts }: typeof whole) => ({
      ...{ ...counts, seconds: 0 },
      scenarios: scenarios.map((each: object) => ({ ...each, seconds: 0 })),
    });
    expect(verdicts(JSON.parse(readFileSync(report, 'utf8')))).toEqual(verdicts(whole));
    expect(whole).toMatchObject({ passed: 3, failed: 1 });
    expect(campaign).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('coldrig replay build/hil/a/it-fails/failure.coldrig'),
    });
    const replayed = await coldrigIn(project, 'replay', 'build/hil/a/it-fails/failure.coldrig');
    expect(replayed.stdout).toContain('as it must');
    writeFileSync(join(project, 'scenarios', 'b.scenario.ts'), [head, scenario('zeta', 0)].join('\n'));
    const refused = await server.campaignIn(project, 'work', 'scenarios');
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/its scenarios is [0-9a-f]{12}, here it is/),
    });
  });

  test('gets the unit of a worker back at Ctrl-C', async () => {
    await server.campaign('submit', 'power', ...scenario, '--name', 'interrupted', '--silence', '3600');
    const worker = server.worker('interrupted', 'a');
    await worker.stopInUnit();
    worker.signal('SIGINT');
    worker.signal('SIGCONT');
    expect(await worker.ended()).toBe(130);
    expect(worker.lines.at(-1)).toBe('error: interrupted');
    expect(await server.status('interrupted')).toMatchObject({
      state: 'running',
      running: 0,
      workers: [{ state: 'ended' }],
    });
    expect((await server.campaign('status', 'interrupted', '--report', 'none.json')).stderr).toMatch(
      /there is no report yet: interrupted: \d of 2 units done, 0 running/,
    );
    // Nobody waits for an hour.
    expect(await server.worker('interrupted', 'b').ended()).toBe(0);
    expect(await server.status('interrupted')).toMatchObject({ state: 'complete', done: 2 });
  });

  test('ends also when the server comes back with units that were done', async () => {
    await server.campaign('submit', 'power', ...scenario, '--name', 'returned');
    const comeBack = server.keepMessages('coldrig-returned-units');
    expect(await server.worker('returned', 'a').ended()).toBe(0);
    await server.kill('SIGTERM');
    comeBack();
    await server.start();
    const patience = new Patience(false, new AbortController().signal);
    const campaigns = await CampaignServer.connect({ url: server.url, patience });
    const connection = await connect({ servers: new URL(server.url).host });
    const { streams } = await jetstreamManager(connection);
    const messages = async () => (await streams.info('coldrig-returned-units')).state.messages;
    expect(await messages()).toBe(2);
    expect(await campaigns.queue('returned').queued()).toEqual([]);
    expect(await messages()).toBe(0);
    for (const each of [campaigns, connection]) await each.close();
    expect(await server.status('returned')).toMatchObject({ state: 'complete', done: 2, waiting: 0 });
    expect(await server.worker('returned', 'b').ended()).toBe(0);
  });

  test('about other guests is refused by a worker, and removed under another one', async () => {
    const patience = new Patience(false, new AbortController().signal);
    const campaigns = await CampaignServer.connect({ url: server.url, patience });
    const plan = await planOf(campaigns.queue('interrupted'));
    const [foreign, large] = [campaigns.queue('foreign'), campaigns.queue('foreign')];
    await foreign.create(3000);
    const guests = { ...plan.proved.guests, bootloader: '0'.repeat(64) };
    await submit(foreign, { ...plan, proved: { ...plan.proved, guests } });
    const refused = await server.campaign('work', 'foreign', '--as', 'a');
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    expect(refused.stderr).toMatch(
      /campaign 'foreign' is about other things .* its bootloader is 000000000000, here it is/,
    );
    expect(await look(foreign)).toMatchObject({ waiting: 2, running: 0, workers: [{ worker: 'a', state: 'refused' }] });
    await expect(large.put('result.1', new Uint8Array(2 << 20))).rejects.toThrow(
      /takes messages of 1048576: raise max_payload/,
    );
    const listed = JSON.parse((await server.campaign('status', '--json')).stdout).campaigns;
    expect(listed.map(({ campaign }: { campaign: string }) => campaign)).toEqual(
      expect.arrayContaining(['foreign', 'interrupted']),
    );
    expect(await server.campaign('remove', 'foreign')).toMatchObject({ code: 0 });
    await expect(foreign.queued()).rejects.toThrow(/there is no campaign 'foreign' on this server/);
    expect((await server.campaign('status', 'foreign')).stderr).toMatch(/^error: there is no campaign 'foreign'/);
    await campaigns.close();
  });
});
