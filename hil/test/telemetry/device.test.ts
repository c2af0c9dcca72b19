// Telemetry of a whole device, read by the client: nothing is lost that is not told, nothing comes twice, through lost answers, resets and power cuts; and
// who reads changes nothing else.

import { beforeAll, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../host/board/snapshot.ts';
import { claimOf } from '../../../host/telemetry/calibration/claim-watch.ts';
import { claimReadout } from '../../../host/tools/smp/readout.ts';
import { TelemetryClient } from '../../../host/tools/telemetry/client.ts';
import type { TelemetryRecord } from '../../../host/tools/telemetry/envelope.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { read } from '../../rig/lines.ts';
import { second } from '../../rig/time.ts';

const telemetryGroup = 69;
let device: DeviceUnderTest;
let started: Snapshot;
let written: TelemetryRecord[];

beforeAll(async () => {
  device = await DeviceUnderTest.running();
  device.run(3.5 * second);
  started = device.snapshot();
});

const write = (records: readonly TelemetryRecord[]) => void written.push(...records);
function clientOf(more: { acknowledges?: boolean; most?: number } = {}): TelemetryClient {
  written = [];
  return new TelemetryClient(device.client(), { cryostat: 'north', timeNs: () => 1_800_000_000_000_000_000n, ...more });
}
/** Polls until there is no more; the gaps that nothing explains. */
async function readAll(client: TelemetryClient) {
  for (;;) {
    const poll = await client.poll(write);
    if (!poll.more) return poll.gaps;
  }
}
const numbers = () => written.map(({ boot, sequence }) => `${boot}/${sequence}`);
const expected = (boot: number, count: number) => Array.from({ length: count }, (_, index) => `${boot}/${index}`);
const kinds = () => written.map(({ kind, body }) => (kind === 'event' ? (body.event as number) : kind));

describe('a device', () => {
  test('tells its boot from the first event of the bootloader on, then a heartbeat a second', async () => {
    device.restore(started);
    const client = clientOf();
    expect(await readAll(client)).toEqual([]);
    expect(numbers()).toEqual(expected(1, written.length));
    expect(kinds().slice(0, 3)).toEqual([EventKind.BOOT_START, EventKind.BOOT_VERIFY, EventKind.BOOT_DECISION]);
    expect(written.filter(({ kind }) => kind === 'boot')).toMatchObject([{ body: { cause: 1, kept: false, slot: 0 } }]);
    const beats = written.filter(({ kind }) => kind === 'heartbeat');
    expect(beats.map(({ body }) => body.heartbeat)).toEqual([1, 2, 3]);
    expect(beats.at(-1)).toMatchObject({ class: 'heartbeat', body: { health: 0, uptimeSeconds: 3 } });
    const recorded = device.events('HEARTBEAT').map(({ timeNs }) => BigInt(timeNs));
    expect(beats.map(({ deviceTimeNs }) => deviceTimeNs)).toEqual(recorded);
    expect(written[0].device).toBe(await client.device());
  });

  test('gives the same records again until they are acknowledged, and then never', async () => {
    device.restore(started);
    const first = device.request(read, telemetryGroup, 0);
    expect(device.request(read, telemetryGroup, 0)).toEqual(first);
    const client = clientOf({ most: 4 });
    await client.poll(write);
    expect(device.request(read, telemetryGroup, 0)).toEqual(first);
    await client.acknowledge();
    await client.acknowledge();
    const rest = device.request(read, telemetryGroup, 0).records as number[][];
    expect(rest).toEqual((first.records as number[][]).slice(4));
  });

  test('refuses an acknowledgement of what it has not made, and a number without its boot', () => {
    device.restore(started);
    const ask = (operation: number, body: Record<string, number>) => device.request(operation, telemetryGroup, 0, body);
    const { next } = ask(0, {}) as { next: number };
    expect(ask(2, { boot: 1, seq: next })).toEqual({ err: { group: telemetryGroup, rc: 2 } });
    expect(ask(2, { boot: 2, seq: 0 })).toEqual({ err: { group: telemetryGroup, rc: 2 } });
    for (const body of [{ seq: 1 }, { boot: 1 }, { boot: 2 ** 32, seq: 0 }, { max: 2 ** 32 }])
      expect(ask(0, body as never), JSON.stringify(body)).toEqual({ rc: 3 });
    expect(ask(2, {})).toEqual({ rc: 3 });
    expect(ask(2, { boot: 1, seq: next - 1 })).toMatchObject({ records: [], more: false });
  });

  test.each([
    ['a pulled reset pin', () => device.board.pullResetPin(), 2],
    ['a brown-out', () => device.board.brownOut(), 7],
  ])('keeps its records through %s, and tells both boots in order', async (_, reset, cause) => {
    device.restore(started);
    const client = clientOf();
    device.run(0.05 * second);
    reset();
    device.settle();
    device.run(1.5 * second);
    expect(await readAll(client)).toEqual([]);
    const second1 = written.filter(({ boot }) => boot === 2);
    expect(numbers()).toEqual([...expected(1, written.length - second1.length), ...expected(2, second1.length)]);
    expect(second1[0]).toMatchObject({ kind: 'event', body: { event: EventKind.BOOT_START, argument0: cause } });
    expect(second1.find(({ kind }) => kind === 'boot')?.body).toMatchObject({ cause, kept: true });
    const times = written.map(({ deviceTimeNs }) => deviceTimeNs);
    expect([...times].sort((a, b) => Number(a - b))).toEqual(times);
  });

  test('says after a loss of power that what nobody had acknowledged is gone', async () => {
    device.restore(started);
    const client = clientOf();
    await readAll(client);
    device.run(2 * second);
    device.powerCycle();
    device.run(1.5 * second);
    expect(await readAll(client)).toEqual([]);
    const later = written.filter(({ boot }) => boot === 2);
    expect(later.map(({ sequence }) => sequence)).toEqual(later.map((_, index) => index));
    expect(later.find(({ kind }) => kind === 'boot')?.body).toMatchObject({ cause: 1, kept: false });
  });

  test('that nobody reads drops heartbeats, keeps what is critical, and tells how many it dropped', async () => {
    device.restore(started);
    device.run(300 * second);
    const client = clientOf();
    expect(await readAll(client)).toEqual([]);
    const told = written.filter(({ kind }) => kind === 'dropped');
    const present = new Set(written.map(({ sequence }) => sequence));
    const last = written.at(-1)?.sequence ?? 0;
    const missing = Array.from({ length: last }, (_, sequence) => sequence).filter((one) => !present.has(one));
    expect(missing.length).toBeGreaterThan(100);
    expect(told).toMatchObject([{ class: 'critical', body: { count: missing.length, firstSequence: missing[0] } }]);
    expect(told[0].body.lastSequence).toBe(missing.at(-1));
    expect(kinds().slice(0, 3)).toEqual([EventKind.BOOT_START, EventKind.BOOT_VERIFY, EventKind.BOOT_DECISION]);
    const beats = written.filter(({ kind }) => kind === 'heartbeat').map(({ body }) => body.heartbeat as number);
    expect(beats.at(-1)).toBe(303);
    expect(beats).toEqual(Array.from({ length: beats.length }, (_, index) => 303 - beats.length + 1 + index));
    expect(device.statistics('tasks')).toMatchObject({ deadlines_missed: 0, over_budget: 0 });
  });
});

describe('the client', () => {
  test('writes nothing twice when a write fails, and acknowledges nothing that was not written', async () => {
    device.restore(started);
    const client = clientOf();
    const broken = () => Promise.reject(new Error('the disk is full'));
    await expect(client.poll(broken)).rejects.toThrow('the disk is full');
    expect(client.position).toBeUndefined();
    await client.poll(write);
    await expect(client.poll(broken)).resolves.toMatchObject({ written: 0 });
    device.run(2 * second);
    await expect(client.poll(broken)).rejects.toThrow('the disk is full');
    await client.poll(write);
    expect(numbers()).toEqual(expected(1, written.length));
  });

  test('asks again when an answer is lost, and nothing comes twice', async () => {
    device.restore(started);
    const client = clientOf({ most: 3 });
    await client.device();
    let answers = 0;
    const { transport } = client.session;
    const receive = transport.receive.bind(transport);
    transport.receive = async (timeoutMs, signal) => {
      const message = await receive(timeoutMs, signal);
      // Every second answer does not come.
      return message !== undefined && answers++ % 2 === 0 ? undefined : message;
    };
    expect(await readAll(client)).toEqual([]);
    expect(numbers()).toEqual(expected(1, written.length));
    expect(written.length).toBeGreaterThan(6);
  });

  test('that does not acknowledge leaves everything for others, and reads on', async () => {
    device.restore(started);
    const before = device.request(read, telemetryGroup, 0);
    const client = clientOf({ acknowledges: false, most: 2 });
    await readAll(client);
    await client.acknowledge();
    expect(written).toHaveLength((before.records as unknown[]).length);
    expect(device.request(read, telemetryGroup, 0)).toEqual(before);
  });

  test('finds the numbers that another client took', async () => {
    device.restore(started);
    const client = clientOf({ most: 2 });
    await client.poll(write);
    const { next } = device.request(read, telemetryGroup, 0) as { next: number };
    device.request(2, telemetryGroup, 0, { boot: 1, seq: next - 1 });
    device.run(1.2 * second);
    expect(await readAll(client)).toEqual([{ boot: 1, first: 2, last: next - 1 }]);
  });

  test('says so when its position is of another device', async () => {
    device.restore(started);
    written = [];
    const position = { boot: 900, sequence: 4 };
    const client = new TelemetryClient(device.client(), { cryostat: 'north', timeNs: () => 0n, position });
    await expect(client.poll(write)).rejects.toThrow(/it has made no record 900\/4.*begin without a position/);
  });
});

test('reading changes nothing but the requests themselves', () => {
  const run = (reads: boolean) => {
    device.restore(started);
    device.log.splice(0);
    for (let times = 0; times < 4; times++) {
      // Without a reader the same request comes, of a group that the device does not have: the same bytes on the wire, within one.
      device.request(read, reads ? telemetryGroup : telemetryGroup + 1, 0);
      device.run(0.9 * second);
    }
    return device.board.recorderEvents().map(({ kind, argument0, argument1 }) => [kind, argument0, argument1]);
  };
  expect(run(true)).toEqual(run(false));
});

test('who asks for the claim of the readout learns which other client has it, until it ends by itself', async () => {
  device.restore(started);
  const [gateway, calibrator] = [device.client('gateway'), device.client('console')];
  expect(await claimOf(gateway)).toBe('free');
  await claimReadout(calibrator, 77, 2_000);
  expect(await claimOf(gateway)).toEqual({ id: 77 });
  device.run(1.5 * second);
  await claimReadout(calibrator, 77, 2_000);
  device.run(1.5 * second);
  expect(await claimOf(gateway)).toEqual({ id: 77 });
  device.run(second);
  expect(await claimOf(gateway)).toBe('free');
});
