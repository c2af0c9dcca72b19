// Pulse windows on a device: a program raises a marker, and while it is high the multiplexer serves nothing that can wait. The edges lie ahead of time,
// so they wait in the chip: through snapshots, and however the run is cut up.

import { beforeAll, describe, expect, test } from 'vitest';
import { MultiplexerModule } from '../../../host/board/multiplexer/multiplexer-module.ts';
import { chooser } from '../../../host/board/random.ts';
import { multiplexerModule } from '../../../host/tools/sequencer.ts';
import { configureCell, multiplexerState } from '../../../host/tools/smp/multiplexer.ts';
import { stopSequencers } from '../../../host/tools/smp/sequencer.ts';
import { MULTIPLEXER } from '../../../protocol/generated/registers.ts';
import { Mux } from '../../../protocol/multiplexer/module.ts';
import type { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { millisecond } from '../../rig/time.ts';
import { sequence } from '../pulse/programs.ts';
import { refreshing, Witnessed } from './on-board.ts';

/** Windows of 40 us every 70 us: a service waits for most of them, and none has to be forced. */
const pulsing = (rounds: number) =>
  sequence(
    'pulses in windows',
    `      move ${rounds},R0
shot: set_mrk 4
      upd_param 400
      play 0,0,39600
      set_mrk 0
      upd_param 30000
      loop R0,@shot
      stop`,
  );
/** Marker 2 of sequencer 0, and of sequencer 1. */
const [first, second] = [1 << 2, 1 << (Mux.MARKERS + 2)];

let device: PulseDevice;

beforeAll(async () => {
  device = await refreshing();
});

describe('while a chosen marker is high', () => {
  test('no service begins; what waited is served behind it, and no cell is late', async () => {
    await configureCell(device.client, 0, 'WINDOW_MARKERS', first);
    const before = await multiplexerState(device.client);
    const seen = new Witnessed(device);
    await device.load([pulsing(200)]);
    await device.start([pulsing(200)]);
    device.board.runFor(20 * millisecond);
    const after = await multiplexerState(device.client);
    const windows = seen.windows(first);
    expect(windows).toHaveLength(200);
    const inside = seen.services.filter(({ startNs }) => windows.some(([from, to]) => startNs >= from && startNs < to));
    expect(inside).toEqual([]);
    expect(after.windows - before.windows).toBe(200);
    expect(after.waited - before.waited).toBeGreaterThan(200);
    expect(after).toMatchObject({ late: 0, forced: 0, edgesLost: 0, invalid: 0 });
    // Without the window there are services at those times: the marker of another sequencer is no window.
    await configureCell(device.client, 0, 'WINDOW_MARKERS', second);
    const open = new Witnessed(device);
    await device.start([pulsing(200)]);
    device.board.runFor(20 * millisecond);
    const spans = open.windows(first);
    expect(open.services.some(({ startNs }) => spans.some(([from, to]) => startNs >= from && startNs < to))).toBe(true);
  });

  test('a marker that stays high postpones no service for ever', async () => {
    await configureCell(device.client, 0, 'WINDOW_MARKERS', first);
    const stuck = sequence('stuck', 'set_mrk 15\nupd_param 100\nstop', [], 16, false);
    await device.load([stuck]);
    await device.start([stuck]);
    device.board.runFor(5 * millisecond);
    const state = await multiplexerState(device.client);
    expect(state.forced).toBeGreaterThan(100);
    expect(state).toMatchObject({ late: 0, invalid: 0 });
    // Armed anew, its markers are low at once: that ends the window, and the program opens another.
    await device.start([stuck]);
    device.board.runFor(millisecond);
    expect((await multiplexerState(device.client)).windows).toBe(state.windows + 1);
  });

  test('cannot be chosen or released while its sequencer runs', async () => {
    await configureCell(device.client, 0, 'WINDOW_MARKERS', first);
    await device.load([pulsing(2000)]);
    await device.start([pulsing(2000)]);
    await expect(configureCell(device.client, 0, 'WINDOW_MARKERS', 0)).rejects.toThrow(
      'whose marker it names is running',
    );
    await configureCell(device.client, 0, 'WINDOW_MARKERS', first | second);
    await expect(configureCell(device.client, 0, 'WINDOW_MARKERS', 1 << 24)).rejects.toThrow('out of range');
    await stopSequencers(device.client, 1);
  });
});

test('edges that find no room are counted, and the next one sets the levels right', async () => {
  const module = new MultiplexerModule(await multiplexerModule());
  module.configure(0, 'WINDOW_MARKERS', 1);
  const lost = 10;
  for (let edge = 1; edge <= Mux.EDGES_MAX + 2 * lost; edge++) module.mark(0, edge % 2, 1000 * edge);
  // The list ends with a low level, so of those behind it only the rising ones are edges.
  expect(module.figure('EDGES_LOST')).toBe(lost);
  const later = 1000 * (Mux.EDGES_MAX + 100);
  module.run(later);
  expect(module.figure('WINDOWS')).toBe(Mux.EDGES_MAX / 2);
  module.mark(0, 1, later + 5);
  module.run(later + 10);
  expect(module.figure('WINDOWS')).toBe(Mux.EDGES_MAX / 2 + 1);
  expect(module.figure('EDGES_LOST')).toBe(lost);
});

test('announced edges are in snapshots, and a run does the same however it is cut up', async () => {
  device.board.runFor(5 * millisecond);
  await device.load([pulsing(300), pulsing(250)]);
  await configureCell(device.client, 0, 'WINDOW_MARKERS', first | second);
  await device.start([pulsing(300), pulsing(250)]);
  device.board.runFor(millisecond);
  const snapshot = device.board.snapshot();
  const end = device.board.now + 10 * millisecond;
  const whole = new Witnessed(device);
  device.board.runUntil(end);
  device.board.machine.peek(MULTIPLEXER, 'INVALID');
  const expected = [...whole.services];
  const state = await multiplexerState(device.client);

  const pick = chooser(3);
  device.board.restore(snapshot);
  const cut = new Witnessed(device);
  while (device.board.now < end) {
    device.board.runUntil(Math.min(end, device.board.now + 1 + pick(90_000)));
    // A register that has the multiplexer advanced to this very moment.
    device.board.machine.peek(MULTIPLEXER, 'INVALID');
    if (pick(10) === 0) device.board.restore(device.board.snapshot());
  }
  expect(cut.services).toEqual(expected);
  expect(await multiplexerState(device.client)).toEqual(state);
  expect(state.waited).toBeGreaterThan(100);
});
