// A board in its fridge whose readout goes wrong: the watch sees it, gain control and calibration bring SNR and levels back, and nobody helps.

import { beforeEach, describe, expect, test } from 'vitest';
import { maintainAll, watchOn } from '../../../host/tools/calibration/work.ts';
import type { SmpClient } from '../../../host/tools/smp/index.ts';
import { second } from '../../rig/time.ts';
import { type CalibratedBoard, calibratedBoard } from './calibrated-board.ts';

const channel = 0;

let board: CalibratedBoard;
beforeEach(async () => {
  board = await calibratedBoard(channel);
}, 600_000);

const pauseOf = (client: SmpClient) => (milliseconds: number) => client.pause(milliseconds);

/** Watches for so many seconds of the device, a look a second. */
function watch(seconds: number) {
  const limits = { sampleNs: second, forNs: seconds * second, pause: pauseOf(board.client) };
  return watchOn(board.work, limits, {});
}

/** What a fresh measurement says, and whether everything is in spec. */
async function state() {
  const { station } = board.work;
  const threshold = await station.run(`threshold-${channel}`, 'check');
  return { verdict: threshold.verdict, snrDecibels: threshold.results.snrDecibels };
}

describe('without a person', { timeout: 600_000 }, () => {
  test('a loss of gain is seen and made up for', async () => {
    const level = (await board.work.station.run('gain-0', 'check')).results.levelCodes;
    board.device.fault('signal-drop at readout-return 2dB');
    board.device.run(2 * second);
    expect((await board.work.station.run('gain-0', 'check')).verdict).toBe('out_of_spec');
    const { failures } = await maintainAll(board.work, board.work.graph.order, {});
    expect(failures).toEqual([]);
    const after = (await board.work.station.run('gain-0', 'check')).results.levelCodes;
    expect(after / level).toBeCloseTo(1, 1);
    expect((await state()).snrDecibels).toBeGreaterThan(20);
  });

  test('a resonator that jumps is doubted by the watch and found again', async () => {
    const [resonator] = board.chain.lines[0].resonators;
    Object.assign(resonator, { offsetHertz: resonator.offsetHertz + 2.5e6 });
    expect((await state()).verdict).not.toBe('in_spec');
    const seen = await watch(3);
    expect(seen.doubts.length).toBeGreaterThan(0);
    expect(seen.failures).toEqual([]);
    const healed = await state();
    expect(healed.verdict).toBe('in_spec');
    expect(healed.snrDecibels).toBeGreaterThan(20);
  });

  test('a saturated converter is attenuated by the firmware, and calibrated as it is then', async () => {
    board.device.fault('adc-saturation at readout-return 9dB');
    board.device.run(10 * second);
    const { failures } = await maintainAll(board.work, board.work.graph.order, {});
    expect(failures).toEqual([]);
    const healed = await state();
    expect(healed.verdict).toBe('in_spec');
    expect(healed.snrDecibels).toBeGreaterThan(20);
  });
});
