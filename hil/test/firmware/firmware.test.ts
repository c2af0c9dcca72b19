import { beforeAll, describe, expect, test } from 'vitest';
import { LogKind } from '../../../host/board/log.ts';
import { tasks as manifest } from '../../../protocol/firmware/tasks.ts';
import { SlotState } from '../../../protocol/image/boot-state.ts';
import { RejectReason } from '../../../protocol/image/reasons.ts';
import { Health } from '../../../protocol/telemetry/health.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { read, write } from '../../rig/lines.ts';
import { millisecond, second } from '../../rig/time.ts';

let image: Uint8Array;
beforeAll(async () => {
  image = await firmwareImage('1.0.0');
});

const img = 1;
const resets = (device: DeviceUnderTest) => device.log.filter(({ kind }) => kind === LogKind.RESET).length - 1;

describe('a running controller', () => {
  test('sends a heartbeat once a second, without drift, and is healthy from the first one on', async () => {
    const device = await DeviceUnderTest.running({ slots: { A: image } });
    device.board.runFor(30.5 * second);
    const beats = device.events('HEARTBEAT');
    expect(beats.map(({ argument0 }) => argument0)).toEqual(beats.map((_, index) => index + 1));
    expect(beats).toHaveLength(30);
    expect(beats.every(({ argument1 }) => argument1 === 0)).toBe(true);
    const drift = beats[29].timeNs - beats[0].timeNs - 29 * second;
    expect(Math.abs(drift)).toBeLessThan(20_000);
  });

  test('feeds its watchdog for an hour without a reset, a fault or a missed deadline', async () => {
    const device = await DeviceUnderTest.running({ slots: { A: image } });
    device.board.runFor(3600 * second);
    expect(resets(device)).toBe(0);
    expect(device.board.fault.count).toBe(0);
    expect(device.statistics('tasks')).toMatchObject({ deadlines_missed: 0, over_budget: 0, feeds_withheld: 0 });
    expect(device.statistics('heartbeat').uptime_s).toBe(3600);
  });

  test('keeps every task within its budget while an image is uploaded and verified', async () => {
    const device = await DeviceUnderTest.running({ slots: { A: image } });
    await device.upload(await firmwareImage('1.1.0'));
    expect(device.statistics('tasks')).toMatchObject({ deadlines_missed: 0, over_budget: 0 });
  });

  test('reports its version, build and serial number, letter by letter', async () => {
    const device = await DeviceUnderTest.running({ slots: { A: image } });
    expect(device.request(read, 0, 7)).toEqual({ output: 'coldrig' });
    expect(device.request(read, 0, 7, { format: 'sr' })).toEqual({ output: 'coldrig 1.0.0' });
    expect(device.request(read, 0, 7, { format: 'mpio' })).toEqual({
      output: 'cryo-cmos wasm32 coldrig/controller coldrig',
    });
    expect(device.request(read, 0, 7, { format: '?' })).toEqual({ err: { group: 0, rc: 2 } });
  });

  test('lists its tasks with what each has used', async () => {
    const device = await DeviceUnderTest.running({ slots: { A: image } });
    device.board.runFor(2 * second);
    const { tasks } = device.request(read, 0, 2) as {
      tasks: Record<string, { prio: number; cswcnt: number; runtime: number }>;
    };
    expect(Object.keys(tasks)).toEqual(manifest.map(({ name }) => name.toLowerCase()));
    expect(tasks.watchdog.cswcnt).toBe(20);
    expect(tasks.heartbeat.runtime).toBeGreaterThan(0);
  });

  test('lists its groups of statistics, and reports why it booted', async () => {
    const device = await DeviceUnderTest.running({ slots: { A: image } });
    const { stat_list } = device.request(read, 2, 1);
    expect(stat_list).toEqual(['heartbeat', 'boot', 'faults', 'tasks', 'smp_svr_stats', 'slots']);
    // Decision 1: the confirmed image, which the factory vouches for; reset cause 1: power-on.
    expect(device.statistics('boot')).toMatchObject({ slot: 0, state: 3, decision: 1, reset_cause: 1, resets: 0 });
    expect(device.statistics('boot').version).toBe(0x0100_0000);
  });
});

describe('the watchdog', () => {
  test('resets a firmware that hangs, a second after its last feed, and the fault record names the function', async () => {
    const device = await DeviceUnderTest.running({
      slots: { A: await firmwareImage('1.0.0', 'firmware/defects/hangs.ts') },
    });
    const start = device.board.now;
    device.waitFor(() => resets(device) === 1);
    const reset = device.log.filter(({ kind }) => kind === LogKind.RESET).at(-1);
    const sinceStart = (reset?.timeNs ?? 0) - start;
    expect(sinceStart).toBeGreaterThan(2.8 * second);
    expect(sinceStart).toBeLessThan(3.1 * second);
    expect(device.board.fault.functionName).toContain('hangs');
    device.waitFor(() => device.board.state === 'firmware');
    expect(device.statistics('faults')).toMatchObject({ count: 1, cause: 15 });
    expect(device.statistics('boot')).toMatchObject({ reset_cause: 4, resets: 1 });
  });

  test('is not fed in the round in which a task was late, and health says so for ten seconds', async () => {
    const device = await DeviceUnderTest.running({
      slots: { A: await firmwareImage('1.0.0', 'firmware/defects/late.ts') },
    });
    device.board.runFor(6 * second);
    expect(device.events('DEADLINE_MISSED').length).toBeGreaterThan(0);
    expect(resets(device)).toBe(0);
    expect(device.statistics('tasks').feeds_withheld).toBeGreaterThan(0);
    expect(device.statistics('heartbeat').health & Health.DEADLINE).toBe(Health.DEADLINE);
    device.board.runFor(12 * second);
    expect(device.statistics('heartbeat').health).toBe(0);
  });
});

describe('an image on trial', () => {
  async function onTrial(entry?: string): Promise<DeviceUnderTest> {
    const device = await DeviceUnderTest.running({ slots: { A: image } });
    const update = await firmwareImage('1.1.0', entry);
    const hash = await device.upload(update);
    expect(device.request(write, img, 0, { hash, confirm: false }).images).toBeDefined();
    expect(device.request(write, 0, 5)).toEqual({});
    device.waitFor(() => resets(device) === 1 && device.board.state === 'firmware');
    return device;
  }
  const slots = (device: DeviceUnderTest) =>
    (
      device.request(read, img, 0).images as { slot: number; version: string; active: boolean; confirmed: boolean }[]
    ).map(
      ({ slot, version, active, confirmed }) =>
        `${slot}:${version}${active ? ' active' : ''}${confirmed ? ' confirmed' : ''}`,
    );

  test('runs at the next boot, and stays once it is confirmed', async () => {
    const device = await onTrial();
    expect(slots(device)).toEqual(['0:1.0.0 confirmed', '1:1.1.0 active']);
    device.board.runFor(second);
    expect(device.request(write, img, 0, { confirm: true }).images).toBeDefined();
    device.board.runFor(400 * second);
    expect(resets(device)).toBe(1);
    device.board.cutPower();
    device.board.powerOn();
    device.waitFor(() => device.board.state === 'firmware');
    expect(slots(device)).toEqual(['0:1.0.0', '1:1.1.0 active confirmed']);
  });

  test('cannot be confirmed while it is not healthy, and is rolled back five minutes later', async () => {
    const device = await onTrial('firmware/defects/never-confirms.ts');
    device.board.runFor(second);
    expect(device.request(write, img, 0, { confirm: true })).toEqual({ err: { group: 1, rc: 32 } });
    device.board.runFor(299 * second);
    expect(resets(device)).toBe(2);
    device.waitFor(() => device.board.state === 'firmware');
    expect(slots(device)).toEqual(['0:1.0.0 active confirmed', '1:1.1.0']);
    expect(device.statistics('boot')).toMatchObject({ decision: 5, reset_cause: 6 });
    const { REJECTED, CONFIRMED } = SlotState;
    expect(device.statistics('slots')).toEqual({
      ...{ a_state: CONFIRMED, a_reason: 0, a_found: 0 },
      ...{ b_state: REJECTED, b_reason: RejectReason.TRIAL_TIMEOUT, b_found: 0 },
    });
  });

  test('cannot be confirmed in the moment it starts: the watchdog must have been fed first', async () => {
    const device = await onTrial();
    expect(device.request(write, img, 0, { confirm: true })).toEqual({ err: { group: 1, rc: 32 } });
    device.board.runFor(150 * millisecond);
    expect(device.request(write, img, 0, { confirm: true }).images).toBeDefined();
  });

  test('goes on after a power cut, because the image did not cause it', async () => {
    const device = await onTrial();
    device.board.cutPower();
    device.board.powerOn();
    device.waitFor(() => device.board.state === 'firmware');
    expect(slots(device)).toEqual(['0:1.0.0 confirmed', '1:1.1.0 active']);
  });
});
