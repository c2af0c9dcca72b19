// A controller in a fridge is one machine: snapshots hold both sides, and forks, moves and replays go on to the same bit.

import { expect, test } from 'vitest';
import { Board } from '../../../host/board/board.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { disturbanceOf, parseFault } from '../../rig/faults/language.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';

const surroundings = () => new WiredCryostat(openFridge('uts'), { seed: 7 });
const faults = [
  'mechanical at 4K after 2s for 5s',
  'thermal-rise at 4K 200mW after 6s',
  'timing-jitter at primary after 11s',
];
const moments = [3, 8].map((seconds) => seconds * second);
const endNs = 20 * second;

async function disturbed(): Promise<DeviceUnderTest> {
  const device = await DeviceUnderTest.running({ seed: 7, surroundings });
  for (const text of faults) device.board.disturb(disturbanceOf(parseFault(text), device.board.now));
  return device;
}

test('replayed, forked anywhere, or moved to another board, the run is the same', async () => {
  const whole = (await disturbed()).board;
  whole.runUntil(endNs);
  const device = await disturbed();
  let { board } = device;
  for (const moment of moments) {
    board.runUntil(moment);
    const fork = board.fork();
    const moved = new Board({ seed: 99, surroundings });
    moved.loadState(board.saveState());
    fork.runUntil(endNs);
    expect(fork.logHash, `forked at ${moment} ns`).toBe(whole.logHash);
    board = moved;
  }
  board.runUntil(endNs);
  expect(board.logHash).toBe(whole.logHash);
  expect(board.recorderEvents()).toEqual(whole.recorderEvents());
});

test('another seed of the fridge is another run', async () => {
  const other = await DeviceUnderTest.running({
    seed: 7,
    surroundings: () => new WiredCryostat(openFridge('uts'), { seed: 8 }),
  });
  const one = await DeviceUnderTest.running({ seed: 7, surroundings });
  for (const { board } of [one, other]) board.runUntil(5 * second);
  expect(other.board.logHash).not.toBe(one.board.logHash);
});
