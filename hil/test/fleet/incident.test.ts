// An incident after an update: heartbeats of a device in ring 1 are lost, somebody is paged, the rollout stops by itself, the ring goes back, and the record for the
// postmortem is there. Boards with their bootloader and firmware, their telemetry, an embedded gateway over HTTP, and a server that dies in the middle.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GateWatch } from '../../../host/fleet/gates/gate-watch.ts';
import { readingsSource } from '../../../host/fleet/gates/readings.ts';
import { FleetServerError } from '../../../host/fleet/http-client.ts';
import { postmortemOf } from '../../../host/fleet/manage/postmortem.ts';
import type { Release } from '../../../host/fleet/rollout/events.ts';
import type { Rollout } from '../../../host/fleet/rollout/state.ts';
import type { RecordNumber } from '../../../host/telemetry/log/record-log.ts';
import { type Served, serveHttp } from '../../../host/telemetry/metrics/serve.ts';
import { Watch } from '../../../host/telemetry/metrics/watch.ts';
import type { Notification } from '../../../host/telemetry/monitoring/notification.ts';
import { parseImage } from '../../../host/tools/image/index.ts';
import { makeToken } from '../../../host/tools/image/token.ts';
import { readFuseReport } from '../../../host/tools/smp/boot-group.ts';
import { readTelemetry } from '../../../host/tools/telemetry/client.ts';
import { encodeCbor } from '../../../host/tools/telemetry/envelope.ts';
import { recordOfWire } from '../../../host/tools/telemetry/wire.ts';
import { Fuse } from '../../../protocol/memory-map.ts';
import { keys, second } from '../../rig/index.ts';
import { type BenchDevice, benchImages, FleetBench, ringOf } from './bench.ts';

const never = new AbortController().signal;
const stepSeconds = 5;
const gates = { heartbeatMs: 20_000, alerts: true };

describe('a firmware whose telemetry falls silent in ring 1', () => {
  let bench: FleetBench;
  let gate: GateWatch;
  let watch: Watch;
  let served: Served;
  const notifications: Notification[] = [];
  /** Devices whose records do not arrive any more. */
  const silent = new Set<string>();
  const serials = new Map<string, string>();
  const positions = new Map<string, RecordNumber>();
  const releases: Record<string, Release> = {};

  beforeAll(async () => {
    const readings = () => {
      const source = {
        read: (of: number, signal: AbortSignal) => readingsSource('gateway', served.address).read(of, signal),
      };
      const onTrouble = (reason: string) => {
        throw new Error(reason);
      };
      gate = new GateWatch({ source, beforeSeconds: 60, afterSeconds: 30, onTrouble });
      return gate;
    };
    bench = await FleetBench.start({ readings, isStill: true });
    watch = new Watch(bench.time);
    watch.onNotification = (all) => notifications.push(...all);
    const buffer = () => ({ end: 0, bytes: 0, bytesMost: 1, lag: {}, stored: 0, repeats: 0, refused: 0 });
    served = await serveHttp({ host: '127.0.0.1', port: 0 }, { name: 'gateway', version: '1', watch, buffer });
    const images = await benchImages();
    const board = await images.board();
    // Without it no device goes back to an older version once it has confirmed.
    const token = makeToken({
      ...{ privateKeyPem: keys[0].privateKeyPem, imageHash: parseImage(images.old).hash as Uint8Array },
      ...{ board: (await readFuseReport(board.client())).board, displaces: '1.1.0', counter: [0, 0xffff_ffff] },
    });
    releases.old = await bench.release(images.old, 'old', { token });
    releases.good = await bench.release(images.good, 'good');
    for (const [index, name] of ['rig', 'north-1', 'north-2', 'south-1'].entries()) {
      const made = await bench.device(name, board.fork());
      await bench.ask({ do: 'add-device', device: name, cryostat: 'north' });
      // Telemetry tells devices by their serial number, and forks have the same.
      made.board.cutPower();
      made.board.programmer.setFuse(Fuse.SERIAL, index + 1);
      made.board.powerOn();
      serials.set(name, Buffer.from((await readFuseReport(made.board.client())).serial).toString('hex'));
    }
  });
  afterAll(async () => {
    await served.close();
    await bench.close();
  });

  async function hear({ name, board }: BenchDevice): Promise<void> {
    board.run(1.1 * second);
    if (silent.has(name)) return;
    const { schema, records } = await readTelemetry(board.client(), {
      ...{ position: positions.get(name), acknowledges: positions.has(name) },
    });
    for (const wire of records) {
      const record = recordOfWire(wire, schema, {
        device: serials.get(name) as string,
        cryostat: 'north',
        receiveTimeNs: bench.time.wallNs(),
      });
      positions.set(name, { boot: record.boot, sequence: record.sequence });
      watch.take({ ...record, bytes: encodeCbor(record), position: 0 }, true);
    }
  }

  /** Until the rollout has come to this state; the devices' names stand for their serial numbers. */
  async function until(isSo: (rollout: Rollout) => boolean, stepsMost = 80): Promise<Rollout> {
    for (let step = 0; step < stepsMost; step++) {
      const rollout = bench.fleet.state.rollouts.get(1);
      if (rollout !== undefined && isSo(rollout)) return rollout;
      for (const device of bench.devices) {
        await hear(device);
        await bench.turn(device).catch((error) => {
          // The server was away for a moment: an agent asks again.
          if (!(error instanceof FleetServerError) || !error.isPassing) throw error;
        });
      }
      bench.time.pass(stepSeconds * 1000);
      watch.advance(watch.nowSeconds);
      await gate.look(bench.fleet, never);
      await bench.fleet.tick();
    }
    throw new Error(`the rollout is ${bench.fleet.state.rollouts.get(1)?.state} after ${stepsMost} steps`);
  }

  test('is found, paged, stopped and taken back, though the server dies in between; the record says when', async () => {
    await until(() => watch.devices.size === 4, 3).catch(() => {});
    const rings = [
      ringOf('rig', ['rig'], { gates, soakMs: 40_000 }),
      ringOf('north', ['north-1', 'north-2'], { gates, soakMs: 40_000 }),
      ringOf('south', ['south-1'], { gates, soakMs: 40_000 }),
    ];
    await bench.ask({ do: 'create-rollout', name: 'telemetry 2', release: releases.good.hash, rings, onError: 'ring' });
    await bench.ask({ do: 'start', rollout: 1 });
    await until(({ rings: [rig] }) => rig.state === 'FINISHED');
    await until(({ rings: [, north] }) => north.confirmedMs !== undefined);
    silent.add('north-1');
    await until(() => true);
    await bench.stop();
    await bench.serve();
    const stopped = await until(({ state }) => state === 'STOPPED');
    expect(stopped.cause).toMatch(/^ring 'north': (heartbeat|alert) of north-1: /);
    expect(stopped.rings.map(({ state }) => state)).toEqual(['FINISHED', 'ERROR', 'SCHEDULED']);
    expect(['rig', 'north-1', 'north-2', 'south-1'].map((name) => bench.running(name))).toEqual([
      ...[releases.good.hash, releases.old.hash, releases.old.hash, releases.old.hash],
    ]);
    expect(new Set(serials.values()).size).toBe(4);
    // Who is paged waits for two looks, each a quarter of a minute of the clock.
    await until(() => notifications.some(({ severity }) => severity === 'page'));
    const isHeartbeat = expect.objectContaining({ name: 'HeartbeatsLost', cryostat: 'north' });
    expect(notifications).toContainEqual(expect.objectContaining({ severity: 'page', alerts: [isHeartbeat] }));
    const { content } = await bench.fleet.history({ kind: 'person', name: 'ada' }, 0, 1_000);
    const record = postmortemOf(content, 1, 'good 1.1.0');
    expect(record).toMatchObject({ touched: ['rig', 'north-1', 'north-2'], back: ['north-1', 'north-2'] });
    expect(record?.text).toMatch(/\| \+|\*\*alert\*\*, (heartbeat|alert): /);
    expect(record?.text).toMatch(/ring 2 has failed: .*north-1/);
    // Its way back is one step here, in which no time passes; before it lies the soak time of the first ring.
    expect(record?.rolledBackMs).toBe(0);
    expect(record?.detectedMs).toBeGreaterThan(40_000);
  });
});
