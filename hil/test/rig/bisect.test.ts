// A difference of one cycle between two runs is found at its nanosecond, wherever it is; two runs that are the same are said to be.

import { expect, test } from 'vitest';
import { nsPerCycle } from '../../../host/board/clock.ts';
import { LogKind } from '../../../host/board/log.ts';
import { whereTheyPart } from '../../rig/bisect.ts';
import { decodeFailure } from '../../rig/scenario/failure-file.ts';
import type { InsideRig } from '../../rig/scenario/inside.ts';
import { repeatFailure } from '../../rig/scenario/replay.ts';
import { defineScenario, runScenario } from '../../rig/scenario/scenario.ts';

/** Makes the run of a scenario again and again, from its file. */
async function runOf(body: (rig: InsideRig) => Promise<unknown>) {
  const failing = async (rig: InsideRig) => {
    await body(rig);
    throw new Error('as it was to');
  };
  const { failureFile } = await runScenario(defineScenario('of a test', { needs: 'inside' }, failing));
  const file = decodeFailure(failureFile as Uint8Array, 'it');
  return async () => ({ ...repeatFailure(file), zeroNs: file.beganNs, begin: () => {} });
}

/** Traffic, of which one request comes later by so much. */
const traffic = (lateNs: number, inTurn: number, turns = 400) =>
  runOf(async (rig) => {
    for (let turn = 0; turn < turns; turn++) {
      await rig.wait('20 ms');
      if (turn === inTurn && lateNs > 0) await rig.wait(`${lateNs} ns`);
      rig.device.sendTraffic();
    }
    await rig.wait('1 s');
  });

test.each([3, 150, 399])('one cycle in request %d is where they part', async (turn) => {
  const [good, bad] = [await traffic(0, 0), await traffic(nsPerCycle, turn)];
  const parting = await whereTheyPart([good, bad]);
  expect(parting?.records.map((record) => [record?.kind, record?.timeNs])).toEqual([
    [LogKind.INPUT, (turn + 1) * 20_000_000],
    [LogKind.INPUT, (turn + 1) * 20_000_000 + nsPerCycle],
  ]);
  expect(parting?.cycle).toBe(((turn + 1) * 20_000_000) / nsPerCycle);
  expect(parting?.before).toHaveLength(6);
});

test('the same run twice does not part; one that ends earlier parts at its end', async () => {
  const whole = await traffic(0, 0, 60);
  expect(await whereTheyPart([whole, whole])).toBeUndefined();
  const short = await runOf(async (rig) => {
    for (let turn = 0; turn < 20; turn++) {
      await rig.wait('20 ms');
      rig.device.sendTraffic();
    }
  });
  const parting = await whereTheyPart([short, whole]);
  expect(parting?.records[0]).toBeUndefined();
  expect(parting?.records[1]?.timeNs).toBeGreaterThan(400_000_000);
});
