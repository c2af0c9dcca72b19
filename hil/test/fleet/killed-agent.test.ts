// An agent that dies in the middle of an update, and one that comes after it: the device gets the image once, and the server hears how it has ended.

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Permit } from '../../../host/fleet/access/permit.ts';
import { AgentJournal } from '../../../host/fleet/agent/journal.ts';
import type { AgentOptions } from '../../../host/fleet/agent/options.ts';
import { rolloutSummary } from '../../../host/fleet/manage/summary.ts';
import type { Release } from '../../../host/fleet/rollout/events.ts';
import type { Rollout } from '../../../host/fleet/rollout/state.ts';
import { claimReadout } from '../../../host/tools/smp/readout.ts';
import { agentLease } from '../../../protocol/fleet/ddi.ts';
import { type DeviceUnderTest, firmwareImage } from '../../rig/index.ts';
import { type BenchDevice, benchImages, FleetBench, ringOf } from './bench.ts';

describe('an agent', () => {
  let bench: FleetBench;
  let board: DeviceUnderTest;
  const releases: Record<string, Release> = {};
  let made = 0;

  beforeAll(async () => {
    bench = await FleetBench.start();
    const images = await benchImages();
    board = await images.board();
    for (const name of ['old', 'good', 'bad'] as const) releases[name] = await bench.release(images[name], name);
  });
  afterAll(() => bench.close());

  /** A device in a rollout of its own. */
  async function begun(release: string): Promise<{ device: BenchDevice; rollout: number }> {
    const name = `device-${++made}`;
    const device = await bench.device(name, board.fork());
    await bench.turn(device);
    const rings = [ringOf('rig', [name], { soakMs: 0 })];
    await bench.ask({ do: 'create-rollout', name, release: releases[release].hash, rings, onError: 'ring' });
    await bench.ask({ do: 'start', rollout: made });
    return { device, rollout: made };
  }

  /** The agent dies when it sends this message; how many it has sent. */
  async function lifeOf(
    device: BenchDevice,
    messages: number,
    restart = (more: Partial<AgentOptions>) => bench.restartAgent(device, more),
  ): Promise<number> {
    const death = new AbortController();
    let sent = 0;
    restart({
      open: async () => {
        const client = device.board.client();
        const send = client.transport.send.bind(client.transport);
        client.transport.send = (message) => {
          if (++sent === messages) death.abort(new Error('killed'));
          return send(message);
        };
        return client;
      },
    });
    await bench.turn(device, death.signal).catch((error) => {
      if (!death.signal.aborted) throw error;
    });
    bench.restartAgent(device);
    return sent;
  }

  test.each([
    ['good', 'FINISHED'],
    ['bad', 'STOPPED'],
  ])('that dies at a message to its device has a %s release tried once, wherever it dies', async (release, end) => {
    const whole = await begun(release);
    const messages = await lifeOf(whole.device, Number.POSITIVE_INFINITY);
    const last = messages - 1;
    for (const at of [4, last - 40, last - 16, last - 8, last]) {
      const { device, rollout } = await begun(release);
      await lifeOf(device, at);
      let state = bench.fleet.state.rollouts.get(rollout)?.state;
      for (let turns = 0; state === 'RUNNING' && turns < 6; turns++) {
        await bench.turn(device);
        await bench.fleet.tick();
        state = bench.fleet.state.rollouts.get(rollout)?.state;
      }
      expect({ at, state }).toEqual({ at, state: end });
      expect({ at, trials: device.board.events('IMAGE_PENDING').length }).toEqual({ at, trials: 1 });
      expect(bench.running(device.name)).toBe(releases[release === 'good' ? 'good' : 'old'].hash);
    }
  });

  test.each([
    ['good', 'FINISHED'],
    ['bad', 'STOPPED'],
  ])(
    'that dies and has another in its place, with a folder of its own, has a %s release tried once',
    async (release, end) => {
      const messages = await lifeOf((await begun(release)).device, Number.POSITIVE_INFINITY);
      for (const at of [messages - 41, messages - 9, messages - 1]) {
        const { device, rollout } = await begun(release);
        const agent = (place: string, more: Partial<AgentOptions> = {}) =>
          bench.restartAgent(device, {
            journal: new AgentJournal(join(bench.folder, `${device.name}-${place}.json`)),
            server: bench.clientOf(device.name, place),
            ...more,
          });
        await lifeOf(device, at, (more) => agent('first', more));
        agent('second');
        await expect(bench.turn(device)).rejects.toThrow(/has an agent already, first \(it was heard \d+ s ago\)/);
        bench.time.pass(agentLease.seconds * 1_000);
        const state = () => bench.fleet.state.rollouts.get(rollout)?.state;
        for (let turns = 0; state() === 'RUNNING' && turns < 6; turns++) {
          await bench.turn(device);
          await bench.fleet.tick();
        }
        expect({ at, state: state() }).toEqual({ at, state: end });
        expect({ at, trials: device.board.events('IMAGE_PENDING').length }).toEqual({ at, trials: 1 });
        expect(bench.running(device.name)).toBe(releases[release === 'good' ? 'good' : 'old'].hash);
      }
    },
  );

  test('that gets an image no bootloader would boot refuses it before anything is sent', async () => {
    const damaged = (await firmwareImage('1.3.0')).slice();
    damaged[damaged.length >> 1] ^= 1;
    releases.damaged = await bench.release(damaged, 'damaged');
    const { device, rollout } = await begun('damaged');
    expect(await lifeOf(device, Number.POSITIVE_INFINITY)).toBeLessThan(10);
    await bench.fleet.tick();
    const { state, cause } = bench.fleet.state.rollouts.get(rollout) as Rollout;
    expect(state).toBe('STOPPED');
    expect(cause).toMatch(/refused before anything was sent: /);
    expect(bench.running(device.name)).toBe(releases.old.hash);
  });

  test('that finds a client at work with the readout waits, and tells the server; for ten minutes at most', async () => {
    for (const end of ['the client', 'its patience'] as const) {
      const { device, rollout } = await begun('good');
      const lab = device.board.client();
      await claimReadout(lab, 7, 600_000);
      bench.restartAgent(device, { time: bench.time });
      for (let turns = 0; turns < 2; turns++)
        await expect(bench.turn(device)).rejects.toThrow(
          'nothing is sent to the device yet: client 7 works with its readout',
        );
      expect(device.board.events('UPLOAD_START')).toEqual([]);
      const state = () => bench.fleet.state.rollouts.get(rollout) as Rollout;
      expect(rolloutSummary(bench.fleet.state, state(), bench.fleet.nowMs()).waitsFor).toBe(
        `1 device of ring 'rig' to end; ${device.name} does not begin: client 7 works with its readout`,
      );
      if (end === 'the client') await claimReadout(lab, 7, 0);
      else bench.time.pass(600_000);
      await bench.turn(device);
      await bench.fleet.tick();
      expect(state().state).toBe('FINISHED');
    }
  });

  test('that is not let pass at its gateway sends nothing, tells the server why, and goes on when it may', async () => {
    const { device, rollout } = await begun('good');
    const { device: other } = await begun('good');
    let permit: Permit = { refusal: 'the credential of tim has ended' };
    bench.restartAgent(device, { door: async () => permit });
    await expect(bench.turn(device)).rejects.toThrow('nothing is sent to the device: the credential of tim has ended');
    expect(device.board.events('IMAGE_PENDING')).toEqual([]);
    const state = () => bench.fleet.state.rollouts.get(rollout) as Rollout;
    const waits = () => rolloutSummary(bench.fleet.state, state(), bench.fleet.nowMs()).waitsFor;
    expect(waits()).toBe(
      `1 device of ring 'rig' to end; the gateway of ${device.name} has refused: the credential of tim has ended`,
    );
    permit = { by: 'tim' };
    await bench.turn(device);
    await bench.turn(other);
    await bench.fleet.tick();
    expect(state().state).toBe('FINISHED');
    expect(bench.fleet.state.devices.get(device.name)?.attributes['gateway.flash']).toBe('in the name of tim');
  });
});
