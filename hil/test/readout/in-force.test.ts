// What the firmware does with the calibration record: the sequencers play with its corrections and discriminate by its thresholds; and a program that
// runs keeps its phase when the clock follows another reference.

import { beforeAll, describe, expect, test } from 'vitest';
import { decodeCalibration, encodeCalibration } from '../../../host/tools/calibration-record.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { storeCalibration } from '../../../host/tools/smp/readout.ts';
import { configureSequencer, startSequencers, stopSequencers } from '../../../host/tools/smp/sequencer.ts';
import { CalChannel } from '../../../protocol/calibration/record.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { millisecond, second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import { program } from '../pulse/programs.ts';

const one = 2 ** 20;
const turn = 4e9;
const [level0, level1] = [8000, -5000];
const frequency = 400_000_000;
const plays = `
      wait_sync 1000
      set_freq ${frequency}
      set_awg_offs ${level0},${level1}
      upd_param 1000
hold: wait 65532
      jmp @hold`;
const programs = [program('holds a level', plays)];

beforeAll(async () => {
  await firmwareImage('1.0.0');
});

async function store(pulse: PulseDevice, gain: number): Promise<void> {
  const record = decodeCalibration(new Uint8Array());
  Object.assign(record.sequencers[0], { gain0: gain, offset1: 120 });
  Object.assign(record.channels[3], {
    ...{ flags: CalChannel.FLAG_THRESHOLD, rotationCos: 0, rotationSin: CalChannel.ROTATION_ONE, threshold: -77 },
  });
  await storeCalibration(pulse.client, encodeCalibration(record));
}

/** What sequencer 0 shows now. */
function shown({ board }: PulseDevice): number[] {
  const { module, now } = board.sequencers;
  return [module.output(0, 'PATH_0', now), module.output(0, 'PATH_1', now)];
}

test('a sequencer plays with the corrections of the record, and with those of a newer one once it was stopped', async () => {
  const pulse = await PulseDevice.running();
  await store(pulse, one / 16);
  await pulse.load(programs);
  await pulse.start(programs);
  pulse.device.run(millisecond);
  expect(shown(pulse)).toEqual([level0 * (1 + 1 / 16), level1 + 120]);
  await store(pulse, -one / 8);
  pulse.device.run(second);
  expect(shown(pulse)).toEqual([level0 * (1 + 1 / 16), level1 + 120]);
  await stopSequencers(pulse.client, 1);
  pulse.device.run(second);
  await startSequencers(pulse.client, 1);
  pulse.device.run(millisecond);
  expect(shown(pulse)).toEqual([level0 * (1 - 1 / 8), level1 + 120]);
});

test('the settings that follow from the record are the firmware’s: no client sets them', async () => {
  const pulse = await PulseDevice.running();
  await expect(configureSequencer(pulse.client, 0, 'CORRECTION_PHASE', 5)).rejects.toThrow();
  await expect(configureSequencer(pulse.client, 0, 'CLOCK_DRIFT', 5)).rejects.toThrow();
});

describe('the mitigation of timing-jitter', () => {
  test('phases of a running program are corrected for the frequency step of the switch', async () => {
    const surroundings = () => new WiredCryostat(openFridge('uts'), { drift: false });
    const pulse = new PulseDevice(await DeviceUnderTest.running({ surroundings }));
    const { device, board } = pulse;
    device.run(2 * second);
    await pulse.load(programs);
    await pulse.start(programs);
    device.run(millisecond);
    const began = board.sequencers.now;
    const phaseAtBegin = board.sequencers.module.output(0, 'PHASE', began) >>> 0;
    device.fault('timing-jitter at primary after 1s');
    device.run(7.123 * second);
    const [switched] = device.events('CLOCK_SWITCHED');
    expect(device.events('PHASES_CORRECTED').map(({ argument0 }) => argument0)).toEqual([120]);
    // The second reference is fast by 120 parts in 10^9 of the first, by the fridge's file: the time that really passed is less than the chip counts.
    const { module, now } = board.sequencers;
    const lag = 120e-9 * (now - began - second);
    const expected = phaseAtBegin + ((frequency * (now - began)) % turn) - frequency * lag;
    const error = (((((module.output(0, 'PHASE', now) >>> 0) - expected) % turn) + 1.5 * turn) % turn) - turn / 2;
    expect(switched).toBeDefined();
    // From the fault to the switch, and what the reference drifts in six seconds: a thousandth of a turn. Without the correction it would be 73 turns.
    expect(Math.abs(error) / turn).toBeLessThan(1e-3);
    expect((frequency * lag) / turn).toBeGreaterThan(70);
  });
});
