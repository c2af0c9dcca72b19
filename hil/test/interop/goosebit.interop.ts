// Our agent and boards with goosebit: the same device API, and a rollout that nobody of us has written.
//
// goosebit has no way to cancel an action that a device has begun; what it has is a pause of its rollout and a device that is pinned.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startColdrig } from '../../../cli/testing.ts';
import { Agent } from '../../../host/fleet/agent/agent.ts';
import { AgentJournal } from '../../../host/fleet/agent/journal.ts';
import type { AgentEvent } from '../../../host/fleet/agent/options.ts';
import { DdiClient } from '../../../host/fleet/ddi/client.ts';
import { describedAs, packageOf } from '../../../host/fleet/testing/swu.ts';
import { hostTime } from '../../../host/telemetry/time.ts';
import type { DeviceUnderTest } from '../../rig/index.ts';
import { benchImages } from '../fleet/bench.ts';
import { updateFile } from './images.ts';
import { interopFolder, pythonTool } from './install.ts';
import { LiveDevice } from './live-device.ts';
import { LiveGoosebit } from './live-goosebit.ts';

const tool = await pythonTool('goosebit');
const never = new AbortController().signal;
const tokenOf = (device: string) => `token-of-${device}`.padEnd(24, '-');
const strict = { GOOSEBIT_DEVICE_AUTH__ENABLE: 'true', GOOSEBIT_DEVICE_AUTH__MODE: 'strict' };
const packed = (version: string, image: Uint8Array) => packageOf(describedAs(version, 'app.bin'), { 'app.bin': image });

interface Boarded {
  name: string;
  board: DeviceUnderTest;
  agent: Agent;
  events: AgentEvent[];
}

describe.skipIf(tool.path === undefined)(`goosebit, ${tool.missing ?? 'run'}`, () => {
  let goosebit: LiveGoosebit;
  let folder = '';
  let images: Awaited<ReturnType<typeof benchImages>>;
  const devices: Boarded[] = [];

  function agentOf(name: string, board: DeviceUnderTest): Boarded {
    const events: AgentEvent[] = [];
    const at = { server: goosebit.address, tenant: goosebit.tenant, device: name, token: tokenOf(name) };
    const agent = new Agent({
      ...{ device: name, server: new DdiClient({ ...at, time: hostTime }), time: hostTime },
      open: async () => board.client(),
      journal: new AgentJournal(join(folder, `${name}.json`)),
      words: ({ verdict }) => verdict,
      onEvent: (event) => events.push(event),
    });
    return { name, board, agent, events };
  }
  const begun = () => devices.map(({ events }) => events.filter(({ event }) => event === 'begun').length);

  beforeAll(async () => {
    goosebit = await LiveGoosebit.start(tool.path as string, strict);
    folder = mkdtempSync(join(interopFolder, 'goosebit-agents-'));
    images = await benchImages();
    const board = await images.board();
    for (const name of ['one', 'two', 'three']) devices.push(agentOf(name, board.fork()));
    for (const { name } of devices) await goosebit.set([name], { auth_token: tokenOf(name) });
  });
  afterAll(async () => {
    await goosebit?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('refuses a device that is not known, or has the token of another', async () => {
    const at = { server: goosebit.address, tenant: goosebit.tenant, time: hostTime };
    for (const device of ['one', 'nobody'])
      await expect(new DdiClient({ ...at, device, token: tokenOf('two') }).poll(never)).rejects.toThrow(/401/);
  });

  test('knows what a device runs after its first poll', async () => {
    for (const { agent } of devices) await agent.turn(never);
    expect(await goosebit.device('one')).toMatchObject({ sw_version: '1.0.0', last_state: 'Registered' });
  });

  test('brings a release to every device by its own rollout, and to none while it is paused', async () => {
    const rollout = await goosebit.rollout('good', await goosebit.upload('good.swu', packed('1.1.0', images.good)));
    await goosebit.pause(rollout, true);
    for (const { agent } of devices) expect(await agent.turn(never)).toMatchObject({ isBusy: false });
    expect(begun()).toEqual([0, 0, 0]);
    await goosebit.pause(rollout, false);
    for (const { agent } of devices) await agent.turn(never);
    expect(devices.map(({ board }) => board.slotStates.B)).toEqual(['CONFIRMED', 'CONFIRMED', 'CONFIRMED']);
    expect(await goosebit.rolloutState(rollout)).toMatchObject({ success_count: 3, failure_count: 0 });
    for (const { name } of devices)
      expect(await goosebit.device(name)).toMatchObject({ sw_version: '1.1.0', last_state: 'Finished' });
    // Nothing is asked a second time, also of an agent that has just begun.
    const [{ name, board }] = devices;
    expect(await agentOf(name, board).agent.turn(never)).toMatchObject({ isBusy: false });
    expect(await goosebit.rolloutState(rollout)).toMatchObject({ success_count: 3 });
  });

  test('hears of an image that devices go back from, and a device that is pinned gets nothing', async () => {
    await goosebit.set(['three'], { pinned: true });
    const rollout = await goosebit.rollout('bad', await goosebit.upload('bad.swu', packed('1.2.0', images.bad)));
    for (const { agent } of devices) await agent.turn(never);
    expect(await goosebit.rolloutState(rollout)).toMatchObject({ success_count: 0, failure_count: 2 });
    expect(await goosebit.device('one')).toMatchObject({ sw_version: '1.1.0', last_state: 'Error' });
    expect(await goosebit.log('one')).toMatch(/rolled-back/);
    expect(devices.map(({ board }) => board.events('IMAGE_PENDING').length)).toEqual([2, 2, 1]);
    for (const { agent } of devices) expect(await agent.turn(never)).toMatchObject({ isBusy: false });
  });

  test('is told again how it ended when it forces what has failed, and the device does not get it twice', async () => {
    await goosebit.set(['one'], { force_update: true });
    await devices[0].agent.turn(never);
    expect(devices[0].board.events('IMAGE_PENDING')).toHaveLength(2);
    expect(await goosebit.device('one')).toMatchObject({ last_state: 'Error', sw_version: '1.1.0' });
  });

  test('refuses to hand an image for others to a device, by what the package holds', async () => {
    const other = images.signed('1.3.0', { payload: new Uint8Array(64), boardId: 77 });
    const software = await goosebit.upload('other.swu', packed('1.3.0', other));
    await goosebit.set(['three'], { software: `${software}` });
    await devices[2].agent.turn(never);
    expect(devices[2].events.at(-1)).toMatchObject({
      event: 'ended',
      success: false,
      detail: expect.stringMatching(/before anything/),
    });
  });
});

describe.skipIf(tool.path === undefined)('coldrig fleet agent and goosebit', () => {
  let goosebit: LiveGoosebit;
  let device: LiveDevice;
  beforeAll(async () => {
    goosebit = await LiveGoosebit.start(tool.path as string, { ...strict, GOOSEBIT_POLL_TIME: '00:00:01' });
    device = await LiveDevice.start();
  });
  afterAll(async () => {
    await device?.close();
    await goosebit?.close();
  });

  test('bring a device that runs to the assigned version', async () => {
    writeFileSync(join(device.folder, 'token'), tokenOf('rig-1'));
    await goosebit.set(['rig-1'], { auth_token: tokenOf('rig-1') });
    const at = ['--server', goosebit.address, '--tenant', goosebit.tenant, '--target', device.target];
    const agent = startColdrig(['fleet', 'agent', 'rig-1', ...at, '--token', 'token', '--poll', '1'], {
      cwd: device.folder,
    });
    try {
      const { bytes } = await updateFile(device.folder, '1.1.0');
      const software = await goosebit.upload('app.swu', packed('1.1.0', bytes));
      await goosebit.set(['rig-1'], { software: `${software}` });
      await agent.said(/action \d+ done/);
      expect(await device.slots()).toMatchObject({ 1: '1.1.0 active confirmed' });
      expect(await goosebit.device('rig-1')).toMatchObject({ sw_version: '1.1.0', last_state: 'Finished' });
    } finally {
      agent.end('SIGTERM');
      await agent.outcome;
    }
  });
});
