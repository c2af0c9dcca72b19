// The client of group 66 and the firmware mean the same: what it reads is what was done to the plant, and a trip is cleared only without its cause.

import { describe, expect, test } from 'vitest';
import { openReading, Reading } from '../../../host/board/surroundings.ts';
import {
  clearInterlock,
  readHeaters,
  readInterlocks,
  readPower,
  readThermometers,
} from '../../../host/tools/smp/cryo.ts';
import { interlockNumber } from '../../../protocol/plant/interlocks.ts';
import { Channel, Heater, Rail } from '../../../protocol/plant/places.ts';
import { SensorState } from '../../../protocol/plant/sensors.ts';
import { second } from '../../rig/time.ts';
import { PlantBench } from './plant-bench.ts';

describe('the client of the cryostat’s group', () => {
  test('reads a plant that is well', async () => {
    const { device } = await PlantBench.up();
    const client = device.client();
    const thermometers = await readThermometers(client);
    expect(thermometers).toHaveLength(Channel.COUNT);
    expect(thermometers.every(({ state, microkelvin }) => state === SensorState.TRUSTED && microkelvin > 0)).toBe(true);
    expect(await readInterlocks(client)).toEqual({ tripped: 0, trips: 0, value: 0, last: undefined });
    expect(await readPower(client)).toMatchObject({ shed: 0, dutyPercent: 100, railsGood: (1 << Rail.COUNT) - 1 });
    expect(await readHeaters(client)).toHaveLength(Heater.COUNT);
  });

  test('reads a trip, and clears it once the cause is gone', async () => {
    const plant = await PlantBench.up();
    const client = plant.device.client();
    const { surroundings } = plant;
    for (const channel of [Channel.PLATE_4K, Channel.PLATE_4K_B])
      surroundings.setReading(Reading.THERMOMETER + channel, openReading);
    plant.device.waitFor(() => plant.isSafe, 10 * second);
    expect(await readInterlocks(client)).toMatchObject({
      tripped: 1 << interlockNumber.BLIND,
      last: interlockNumber.BLIND,
    });
    expect((await readThermometers(client))[Channel.PLATE_4K]).toMatchObject({
      state: SensorState.OPEN,
      microkelvin: 0,
    });
    await expect(clearInterlock(client, interlockNumber.BLIND)).rejects.toMatchObject({
      name: 'CONDITION_HOLDS',
      message: expect.stringContaining("'coldrig plant' shows what the device measures"),
    });
    for (const channel of [Channel.PLATE_4K, Channel.PLATE_4K_B])
      surroundings.setReading(Reading.THERMOMETER + channel, undefined);
    plant.device.board.runFor(10 * second);
    expect(await clearInterlock(client, interlockNumber.BLIND)).toMatchObject({ tripped: 0, trips: 1 });
  });
});
