// The self-test of the converters over SMP, on a device in its fridge: its effective bits beside the closed formula and beside the host's own fit.

import { beforeAll, describe, expect, test } from 'vitest';
import { effectiveBits } from '../../../host/plant/readout/formulas.ts';
import { predictBits } from '../../../host/plant/readout/predict.ts';
import { stateFor } from '../../../host/plant/readout/sampler.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { openReadout } from '../../../host/tools/readout/open-readout.ts';
import { fitSine } from '../../../host/tools/readout/sine-fit.ts';
import {
  capture,
  clearReadout,
  configureReadout,
  readCapture,
  readReadoutSetting,
  selfTest,
} from '../../../host/tools/smp/readout.ts';
import { configureSequencer, stopSequencers } from '../../../host/tools/smp/sequencer.ts';
import { tasks } from '../../../protocol/firmware/tasks.ts';
import { ReadoutClear, ReadoutLimit } from '../../../protocol/readout/module.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { read } from '../../rig/lines.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import { sequence } from '../pulse/programs.ts';

const tone = { frequencyHertz: ReadoutLimit.TEST_FREQUENCY / 4, amplitude: ReadoutLimit.TEST_AMPLITUDE / 32_768 };
const samples = 4096;
const hostRecords = 5;

beforeAll(async () => {
  await firmwareImage('1.0.0');
});

async function inFridge(thermalCodes: number, thirdHarmonic: number) {
  const chain = structuredClone(openReadout('uts'));
  for (const { converter } of chain.lines) Object.assign(converter, { thermalCodes, thirdHarmonic });
  const wired = new WiredCryostat(openFridge('uts'), { seed: 3, readout: chain });
  const device = await DeviceUnderTest.running({ surroundings: () => wired });
  device.run(2 * second);
  return { device, wired };
}

/** Effective bits by the host's own fit: the worse of the two paths. */
function bitsOf(codes: readonly number[]): number {
  const ofPath = (path: number) => {
    const { residual } = fitSine(
      codes.filter((_, at) => at % 2 === path),
      tone.frequencyHertz / 1e9,
    );
    return effectiveBits(4096, residual);
  };
  return Math.min(ofPath(0), ofPath(1));
}

describe('the self-test of a converter line', () => {
  test.each([
    [0.5, 0, 0],
    [0.5, 0.001, 1],
    [3, 0, 1],
    [12, 0.004, 0],
  ])(
    'finds the bits of the formula and of the host, with %d codes of noise and a third harmonic of %d, on line %i',
    async (thermalCodes, thirdHarmonic, line) => {
      const { device, wired } = await inFridge(thermalCodes, thirdHarmonic);
      const client = device.client();
      const found = await selfTest(client, line);
      const { readout, cryostat, faults } = wired;
      const window = {
        line,
        startNs: device.now,
        openedNs: device.now,
        lengthNs: samples,
        source: 'test-tone',
        attenuationDecibels: 0,
        drive: [],
      } as const;
      const state = stateFor(readout.chain, readout.stateAt(device.now, cryostat, faults), 3, window);
      // A record of 4,096 samples scatters by 0.016 bit, and the worse of two is told.
      expect(Math.abs(found - predictBits(state, tone, samples))).toBeLessThan(0.08);
      await configureReadout(client, 'TONE_FREQUENCY', 0, ReadoutLimit.TEST_FREQUENCY);
      await configureReadout(client, 'TONE_AMPLITUDE', 0, ReadoutLimit.TEST_AMPLITUDE);
      // The slow noise of the chain makes one record in ten a few hundredths of a bit worse, so the host takes several.
      const byHost: number[] = [];
      for (let taken = 0; taken < hostRecords; taken++) byHost.push(bitsOf(await capturedBy(client, line)));
      expect(Math.abs(found - byHost.sort((a, b) => a - b)[hostRecords >> 1])).toBeLessThan(0.08);
      expect(device.events('SELF_TESTED').map(({ argument0, argument1 }) => [argument0, argument1 / 256])).toEqual([
        [line, found],
      ]);
    },
  );

  test('leaves the settings of the tone and an empty scope, and no task waits for it', async () => {
    const { device } = await inFridge(1, 0);
    const client = device.client();
    await configureReadout(client, 'TONE_FREQUENCY', 0, 12_345);
    await configureReadout(client, 'SCOPE_LENGTH', 0, 77);
    device.run(2 * second);
    await selfTest(client, 0);
    expect(await readReadoutSetting(client, 'TONE_FREQUENCY', 0)).toBe(12_345);
    expect(await readReadoutSetting(client, 'SCOPE_LENGTH', 0)).toBe(77);
    device.run(2 * second);
    const told = device.request(read, 0, 2) as { tasks: Record<string, { cswcnt: number; runtime: number }> };
    expect(told.tasks.self_test.cswcnt).toBe((2 * 5 * samples) / 128);
    for (const event of ['DEADLINE_MISSED', 'BUDGET_EXCEEDED'] as const) expect(device.events(event)).toEqual([]);
    expect(tasks.some(({ name }) => name === 'SELF_TEST')).toBe(true);
  });

  test('is refused while a sequencer plays into the line, while samples were not read, and for a line that there is not', async () => {
    const pulse = new PulseDevice((await inFridge(1, 0)).device);
    const { client } = pulse;
    const programs = [sequence('plays', 'wait_sync 100\nagain: wait 60000\njmp @again', [['INPUT', 9]])];
    await pulse.load(programs);
    await pulse.start(programs);
    await expect(selfTest(client, 1)).rejects.toThrow('A sequencer plays into the line');
    expect(await selfTest(client, 0)).toBeGreaterThan(9);
    await stopSequencers(client, 1);
    pulse.device.run(second);
    await capture(client, 0, 'line', 100);
    await expect(selfTest(client, 1)).rejects.toThrow('nobody has read');
    await clearReadout(client, ReadoutClear.SCOPE, 0);
    expect(await selfTest(client, 1)).toBeGreaterThan(9);
    await expect(selfTest(client, 2)).rejects.toThrow('no such channel or line');
    await configureSequencer(client, 0, 'INPUT', 0);
  });
});

async function capturedBy(client: Parameters<typeof capture>[0], line: number): Promise<number[]> {
  await capture(client, line, 'test-tone', samples);
  const { codes } = await readCapture(client);
  return Array.from(codes);
}
