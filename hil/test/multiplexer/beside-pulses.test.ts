// Cells beside pulses on a device: markers store prepared values, and a sequencer that relied on a cell in vain says so in its flags.

import { beforeAll, describe, expect, test } from 'vitest';
import { cellState, configureCell, multiplexerState, prepareValues } from '../../../host/tools/smp/multiplexer.ts';
import { sequencerState } from '../../../host/tools/smp/sequencer.ts';
import { OUTPUTS } from '../../../protocol/generated/registers.ts';
import { Mux } from '../../../protocol/multiplexer/module.ts';
import { SequencerFlag, sequencerFlagNames } from '../../../protocol/q1/status.ts';
import type { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { millisecond } from '../../rig/time.ts';
import { sequence } from '../pulse/programs.ts';
import { refreshing, Witnessed } from './on-board.ts';

/** Raises marker 1 so many times, 300 us apart. */
const stepping = (edges: number) =>
  sequence(
    'steps',
    `      move ${edges},R0
step: set_mrk 2
      upd_param 1000
      set_mrk 0
      upd_param 60000
      wait 60000
      wait 60000
      wait 60000
      wait 59000
      loop R0,@step
      stop`,
  );
/** Plays 100 ns every 20 us, for so many times; before that, it waits for so many times 50 us. */
const playing = (rounds: number, waits: number) =>
  sequence(
    'plays',
    `      move ${waits},R1
hold: wait 50000
      loop R1,@hold
      move ${rounds},R0
shot: play 0,0,20000
      loop R0,@shot
      stop`,
  );
const marker = 1;
const gate = OUTPUTS.registers.DISABLE.fields.MULTIPLEXER.mask;

let device: PulseDevice;
const flagged = async (sequencer = 0) =>
  ((await sequencerState(device.client, sequencer)).flags & SequencerFlag.CELL_INVALID) !== 0;

beforeAll(async () => {
  // Sequencer 0 relies on cell 3.
  device = await refreshing(0b1);
});

describe('prepared values', () => {
  test('are stored one after another, each behind a rising edge of its marker', async () => {
    await prepareValues(device.client, 5, marker, [10, 20, 30]);
    await device.load([stepping(5)]);
    const seen = new Witnessed(device);
    await device.start([stepping(5)]);
    device.board.runFor(3 * millisecond);
    const edges = seen.windows(1 << marker).map(([from]) => from);
    expect(edges).toHaveLength(5);
    const codesBehind = edges.map(
      (edge) => seen.services.find(({ cell, startNs }) => cell === 5 && startNs >= edge)?.code,
    );
    expect(codesBehind).toEqual([10, 20, 30, 10, 20]);
    expect(await cellState(device.client, 5)).toMatchObject({ code: 20 });
    expect(await multiplexerState(device.client)).toMatchObject({ valuesStored: 5, valuesRefused: 0, late: 0 });
  });

  test('that are too large a step are refused, told, and flag who relies on the cell; the next edge goes on', async () => {
    await prepareValues(device.client, 5, Mux.NO_MARKER, []);
    await prepareValues(device.client, 3, marker, [Mux.CODE_MAX, 0]);
    await device.load([stepping(20)]);
    await device.start([stepping(20)]);
    device.board.runFor(8 * millisecond);
    const { valuesStored, valuesRefused, late } = await multiplexerState(device.client);
    expect(valuesRefused).toBeGreaterThan(0);
    expect(valuesStored + valuesRefused).toBe(25);
    expect(late).toBe(0);
    device.board.runFor(200 * millisecond);
    expect(device.device.events('CELL_VALUE_REFUSED')).not.toEqual([]);
    expect(await flagged()).toBe(true);
    await prepareValues(device.client, 3, Mux.NO_MARKER, []);
  });

  test('out of range are refused', async () => {
    for (const [setting, value] of [
      ['VALUE_COUNT', 17],
      ['VALUE_MARKER', 25],
      ['VALUE', 16 * 2 ** 16],
      ['VALUE', Mux.CODE_MAX + 1],
    ] as const)
      await expect(configureCell(device.client, 4, setting, value)).rejects.toThrow('out of range');
  });
});

describe('a sequencer that relies on a cell', () => {
  test('is not flagged while the cell holds its value; a late cell flags it, and its results say so in words', async () => {
    const programs = [playing(500, 1), playing(500, 1)];
    await device.load(programs);
    await device.start(programs);
    device.board.runFor(4 * millisecond);
    expect([await flagged(0), await flagged(1)]).toEqual([false, false]);
    device.board.machine.poke(OUTPUTS, 'DISABLE', gate);
    device.board.runFor(2 * millisecond);
    expect([await flagged(0), await flagged(1)]).toEqual([true, false]);
    expect((await multiplexerState(device.client)).flagged).toBe(0b1);
    const [{ flags }] = await device.finish(programs);
    expect(sequencerFlagNames(flags)).toContain('CELL_INVALID');
  });

  test('is not flagged when it waits until the cell is served again, and arming it clears the flag', async () => {
    // Late from 0.4 ms after the gate has closed until it opens again, at most 100 ms later.
    device.board.runFor(300 * millisecond);
    const waiting = [playing(100, 4000)];
    await device.load(waiting);
    device.board.machine.poke(OUTPUTS, 'DISABLE', gate);
    await device.start(waiting);
    const before = (await multiplexerState(device.client)).late;
    await device.finish(waiting);
    expect((await multiplexerState(device.client)).late).toBeGreaterThan(before);
    expect(await flagged()).toBe(false);
  });
});
