// Ten minutes of a cryostat with five devices, to each of which something else happens: what `make telemetry` plays. At its end every indicator has a value.
//
//   ctl-1   measures a qubit; its amplifier gets noisy, it stops, and tests its converters
//   ctl-2   a regulator warms the 4K plate, an operator clears the trip; then a line loses 6 dB
//   ctl-3   an image that hangs is rolled back, a good one is confirmed
//   ctl-4   a multiplexer that is kept off; a reference that jitters
//   ctl-5   two thermometers part; a rail falls; a thermometer has a loose contact; without power at the end
//
// What must stay true: everything is read by the telemetry client, in virtual time, from seeded boards: two runs print the same.

import { openFridge } from '../../../host/tools/open-fridge.ts';
import { selfTest } from '../../../host/tools/smp/readout.ts';
import { stopSequencers } from '../../../host/tools/smp/sequencer.ts';
import { OUTPUTS } from '../../../protocol/generated/registers.ts';
import { interlockNumber } from '../../../protocol/plant/interlocks.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import { ReadingBench } from '../faults/reading-bench.ts';
import { refreshing, smallTable } from '../multiplexer/on-board.ts';
import { type Course, listen, play, type Said } from './story.ts';

export const STORY_SECONDS = 600;

const inFridgeOf = (seed: number) => ({
  surroundings: () => new WiredCryostat(openFridge('uts'), { seed, drift: false }),
});

async function inFridge(seed: number): Promise<DeviceUnderTest> {
  const device = await DeviceUnderTest.running(inFridgeOf(seed));
  device.run(10 * second);
  return device;
}

async function measuring(): Promise<Said> {
  const bench = await ReadingBench.calibrated();
  await bench.measure();
  const { device } = bench;
  return listen(device, STORY_SECONDS, {
    60: () => {
      for (const part of bench.chain.lines[0].path) if ('noiseKelvin' in part) part.noiseKelvin *= 10;
    },
    120: async () => {
      await stopSequencers(device.client(), 1);
    },
    130: async () => {
      await selfTest(device.client(), 0);
    },
  });
}

async function warming(): Promise<Said> {
  const device = await inFridge(2);
  return listen(device, STORY_SECONDS, {
    60: () => device.fault('thermal-rise at 4K 200mW for 60s'),
    300: () => {
      for (const clear of Object.values(interlockNumber))
        if (clear < interlockNumber.COUNT) device.cryo('INTERLOCKS', { clear });
    },
    400: () => device.fault('signal-drop at readout-return 6dB for 60s'),
  });
}

async function updating(): Promise<Said> {
  const device = await inFridge(3);
  const attempt = async (version: string, entry?: string) => {
    await device.testImage(await device.upload(await firmwareImage(version, entry)));
  };
  return listen(device, STORY_SECONDS, {
    120: () => attempt('1.1.0', 'firmware/defects/hangs.ts'),
    240: () => attempt('1.1.1'),
    300: async () => {
      await device.client().imageConfirm();
    },
  });
}

async function multiplexing(): Promise<Said> {
  const { board } = await refreshing(0, smallTable, inFridgeOf(4));
  const device = new DeviceUnderTest(board);
  return listen(device, STORY_SECONDS, {
    200: () => board.machine.poke(OUTPUTS, 'DISABLE', OUTPUTS.registers.DISABLE.fields.MULTIPLEXER.mask),
    350: () => device.fault('timing-jitter at primary 5ps for 30s'),
  });
}

async function parting(): Promise<Said> {
  const device = await inFridge(5);
  return listen(device, STORY_SECONDS, {
    30: () => device.fault('calibration-drift at 4K 20mK/min for 120s'),
    360: () => device.fault('power-surge at dac -25% for 5s'),
    420: () => device.fault('mechanical at MXC for 60s'),
    570: () => device.cutPower(),
  });
}

export async function tenMinutes(): Promise<Course> {
  const said: Record<string, Said> = {};
  for (const [device, run] of Object.entries({
    'ctl-1': measuring,
    'ctl-2': warming,
    'ctl-3': updating,
    'ctl-4': multiplexing,
    'ctl-5': parting,
  }))
    said[device] = await run();
  return play(said);
}
