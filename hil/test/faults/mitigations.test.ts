// Mitigations that a device and its calibration do together, end to end, and without a person.

import { beforeAll, describe, expect, test } from 'vitest';
import { planOfChain } from '../../../host/tools/calibration/plan-of-chain.ts';
import { hasOthersCorrections } from '../../../host/tools/calibration/session.ts';
import { ThermometerWatch } from '../../../host/tools/calibration/thermometers.ts';
import { watchOn } from '../../../host/tools/calibration/work.ts';
import { decodeCalibration } from '../../../host/tools/calibration-record.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { openReadout } from '../../../host/tools/readout/open-readout.ts';
import { readCalibration } from '../../../host/tools/smp/readout.ts';
import { Channel, Signal } from '../../../protocol/plant/places.ts';
import { SensorState } from '../../../protocol/plant/sensors.ts';
import { Health } from '../../../protocol/telemetry/health.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import { second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';
import { workOn } from '../calibration/calibrated-board.ts';
import { ReadingBench, type Second } from './reading-bench.ts';

beforeAll(async () => {
  await firmwareImage('1.0.0');
});

/** Error of the thresholds at 21 dB, with decay, is 0.7 %; of 400 windows 3.5 % are six deviations more. */
const ERROR_MOST = 0.035;
const SNR_LEAST = 20;

const worst = (seconds: readonly Second[]) => Math.max(...seconds.map(({ error }) => error));
const noted = ({ device }: ReadingBench, kind: 'READOUT_LOST' | 'READOUT_BACK' | 'ATTENUATED', sinceNs: number) =>
  device
    .events(kind)
    .filter(({ timeNs }) => timeNs >= sinceNs)
    .map(({ argument0, argument1, timeNs }) => ({
      place: argument0,
      value: argument1 | 0,
      seconds: (timeNs - sinceNs) / second,
    }));
const isReadoutHealthy = ({ device }: ReadingBench) =>
  ((device.events('HEARTBEAT').at(-1)?.argument1 ?? 0) & Health.READOUT) === 0;

describe('signal-drop', { timeout: 600_000 }, () => {
  test('takes the qubits behind the line out of the experiment by their readout fidelity, and back', async () => {
    const bench = await ReadingBench.calibrated();
    await bench.measure();
    const healthy = await bench.watch(6);
    expect(healthy.every(({ isReadable }) => isReadable)).toBe(true);
    expect(healthy.at(-1)?.snrDecibels).toBeGreaterThan(SNR_LEAST);
    expect([worst(healthy) < ERROR_MOST, isReadoutHealthy(bench)]).toEqual([true, true]);
    const began = bench.device.now;
    bench.device.fault('signal-drop at readout-send 6dB for 20s');
    const dropped = await bench.watch(20);
    // Half of the drive: half of the distance of both states, 6 dB.
    expect(Math.abs((dropped.at(-1)?.snrDecibels ?? 0) - (healthy.at(-1)?.snrDecibels ?? 0) + 6)).toBeLessThan(2);
    expect(dropped.slice(3).every(({ isReadable }) => !isReadable)).toBe(true);
    expect(isReadoutHealthy(bench)).toBe(false);
    const after: Second[] = [];
    // Its 21.3 dB scatter by 0.5 dB, and two seconds in a row above 21 dB make it readable.
    while (after.length < 24 && !after.at(-1)?.isReadable) after.push(...(await bench.watch(1)));
    after.push(...(await bench.watch(4)));
    expect(after.slice(-5).every(({ isReadable }) => isReadable)).toBe(true);
    expect(isReadoutHealthy(bench)).toBe(true);
    const [lost] = noted(bench, 'READOUT_LOST', began);
    const [back] = noted(bench, 'READOUT_BACK', began);
    expect([lost.place, lost.seconds < 4, lost.value < 1800]).toEqual([bench.channel, true, true]);
    expect([back.place, back.seconds > 20 && back.seconds < 46, back.value > 2100]).toEqual([
      bench.channel,
      true,
      true,
    ]);
    // What an experiment keeps is as good as before.
    expect(worst([...dropped, ...after].filter(({ isReadable }) => isReadable))).toBeLessThan(ERROR_MOST);
  });
});

describe('adc-saturation', { timeout: 600_000 }, () => {
  test('leaves the thresholds right, because they follow the attenuation, and the SNR above 20 dB', async () => {
    const bench = await ReadingBench.calibrated();
    await bench.measure();
    const healthy = await bench.watch(4);
    const began = bench.device.now;
    bench.device.fault('adc-saturation at readout-return 9dB for 20s');
    const saturated = await bench.watch(20);
    const after = await bench.watch(30);
    const steps = noted(bench, 'ATTENUATED', began);
    expect(steps.slice(0, 2).map(({ place, value }) => [place, value])).toEqual([
      [Signal.READOUT_RETURN, 6],
      [Signal.READOUT_RETURN, 12],
    ]);
    expect(steps[1].seconds).toBeLessThan(6);
    expect(steps.at(-1)?.value).toBeLessThan(12);
    expect(worst([...healthy, ...saturated, ...after])).toBeLessThan(ERROR_MOST);
    for (const { snrDecibels } of [...saturated.slice(6), ...after])
      expect(snrDecibels).toBeGreaterThan(SNR_LEAST - 0.5);
    expect([...saturated.slice(10), ...after].every(({ isReadable }) => isReadable)).toBe(true);
  });
});

describe('calibration-drift', { timeout: 600_000 }, () => {
  test('of a thermometer: it is calibrated anew against the other, again and again, and both stay trusted', async () => {
    const wired = new WiredCryostat(openFridge('uts'), { seed: 1, drift: false });
    const device = await DeviceUnderTest.running({ surroundings: () => wired });
    device.run(20 * second);
    const client = device.client();
    // Without a channel only the thermometers are watched.
    const work = await workOn(client, planOfChain(openReadout('uts'), []));
    const thermometers = new ThermometerWatch(client, second);
    const pause = (milliseconds: number) => client.pause(milliseconds);
    const watch = (seconds: number) =>
      watchOn(work, { sampleNs: second, forNs: seconds * second, pause, thermometers }, {});
    expect((await watch(110)).runs).toEqual([]);
    device.fault('calibration-drift at 4K 20mK/min');
    const { runs } = await watch(300);
    // A tenth of a kelvin by now: four times what would have made the device trust neither.
    expect(runs.length).toBeGreaterThan(5);
    for (const run of runs) expect(run).toMatchObject({ node: `thermometer-${Channel.PLATE_4K}`, kind: 'calibrate' });
    // A correction of a thermometer is no correction of somebody else, which would put every calibration in doubt.
    expect(await hasOthersCorrections(work.records, work.station)).toBe(false);
    const { thermometerOffsets } = decodeCalibration((await readCalibration(client)).payload);
    expect(Math.abs(thermometerOffsets[Channel.PLATE_4K] + 100_000)).toBeLessThan(15_000);
    expect(thermometerOffsets[Channel.PLATE_4K_B]).toBe(0);
    expect(device.events('SENSOR_LOST')).toEqual([]);
    const { channels } = device.cryo('TEMPERATURES') as { channels: { microkelvin: number; state: number }[] };
    const truth = wired.cryostat.temperatureKelvin('4K') * 1e6;
    for (const channel of [Channel.PLATE_4K, Channel.PLATE_4K_B]) {
      expect(channels[channel].state).toBe(SensorState.TRUSTED);
      expect(Math.abs(channels[channel].microkelvin - truth)).toBeLessThan(25_000);
    }
    // The same drift without the watch: both are lost after 75 seconds (hil/scenarios).
  });
});
