// The readout chain behind a real board in its fridge: shots of the firmware equal the closed formulas, faults act through the chain, and a
// run is the same however it is cut up.

import { beforeAll, describe, expect, test } from 'vitest';
import type { Board } from '../../../host/board/board.ts';
import type { ReadoutWindow } from '../../../host/plant/readout/chain-data.ts';
import { predictShot, type ShotPrediction, usualAmplitude } from '../../../host/plant/readout/predict.ts';
import { stateFor } from '../../../host/plant/readout/sampler.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { cloudFigures } from '../../../host/tools/readout/clouds.ts';
import { FRONTEND } from '../../../protocol/generated/registers.ts';
import { Signal } from '../../../protocol/plant/places.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { amplitudeAsPlayed, type Clouds, measureShots, type ShotPlan } from '../../rig/readout/shots.ts';
import { millisecond, second } from '../../rig/time.ts';
import { WiredCryostat } from '../../rig/wiring.ts';

const timing = { lengthNs: 600, shots: 400 };
const channels = [2, 11];

interface Bench {
  pulse: PulseDevice;
  wired: WiredCryostat;
}

async function bench(faults: string[] = []): Promise<Bench> {
  const made: WiredCryostat[] = [];
  const surroundings = () => {
    made.push(new WiredCryostat(openFridge('uts'), { seed: 5 }));
    return made[made.length - 1];
  };
  const device = await DeviceUnderTest.running({ seed: 5, surroundings });
  for (const fault of faults) device.fault(fault);
  device.run(3 * second);
  return { pulse: new PulseDevice(device), wired: made[0] };
}

const slowAt = ({ wired }: Bench, timeNs: number) => wired.readout.stateAt(timeNs, wired.cryostat, wired.faults);

function plansOf({ wired }: Bench): ShotPlan[] {
  return channels.map((channel) => {
    const [line, own] = [Math.floor(channel / 8), channel % 8];
    const { chain } = wired.readout;
    const moment = { line, startNs: 3 * second, openedNs: 3 * second, lengthNs: 1, attenuationDecibels: 0 };
    const state = stateFor(chain, slowAt({ wired } as Bench, 3 * second), 5, { ...moment, source: 'line', drive: [] });
    const amplitude = amplitudeAsPlayed(usualAmplitude(state, own));
    return { channel, frequencyHertz: chain.lines[line].resonators[own].offsetHertz, amplitude };
  });
}

function predicted(of: Bench, { plan, startNs }: Clouds): ShotPrediction {
  const { channel, frequencyHertz, amplitude } = plan;
  const drive = {
    channel,
    frequencyQuarterHertz: 4 * frequencyHertz,
    phase: 0,
    amplitude: [amplitude, 0],
    state: 0 as const,
  };
  const window: ReadoutWindow = {
    ...{ line: Math.floor(channel / 8), startNs, openedNs: startNs, lengthNs: timing.lengthNs },
    ...{ source: 'line', attenuationDecibels: 0, drive: [drive] },
  };
  return predictShot(stateFor(of.wired.readout.chain, slowAt(of, startNs), 5, window), window);
}

/** Beyond the tone, a fraction of a hertz does not matter; the demodulation in fixed point does not either. */
function expectAgreement(of: Bench, clouds: Clouds): ShotPrediction {
  const figures = cloudFigures(clouds.states);
  const expected = predicted(of, clouds);
  expect(Math.abs(figures.distance / expected.distance - 1)).toBeLessThan(4.5 / Math.sqrt(2 * timing.shots));
  expect(expected.assignmentError).toBeGreaterThan(figures.interval.lower / 3);
  expect(expected.assignmentError).toBeLessThan(figures.interval.upper * 1.5);
  return expected;
}

describe('shots on a board in its fridge', () => {
  let healthy: Bench;
  let clouds: Clouds[];

  beforeAll(async () => {
    healthy = await bench();
    clouds = await measureShots(healthy.pulse, plansOf(healthy), timing);
  });

  test('have the distance and the error that the closed formulas give, and more than 15 dB', () => {
    for (const each of clouds) expect(expectAgreement(healthy, each).snrDecibels).toBeGreaterThan(15);
  });

  test.each([
    ['signal-drop at readout-return 6dB', 'a little less, behind the parametric amplifier,', 1],
    ['signal-drop at readout-send 6dB', 'less', 5],
    ['timing-jitter at primary 40ps', 'the same', 0],
  ])('%s: SNR is %s, as the formulas say', async (fault, _, decibels) => {
    const ill = await bench([`${fault} after 1s`]);
    const [first] = await measureShots(ill.pulse, plansOf(healthy), timing);
    const expected = expectAgreement(ill, first);
    expect(predicted(healthy, clouds[0]).snrDecibels - expected.snrDecibels).toBeGreaterThan(decibels - 0.1);
  });

  test('the peak that the front end reads is that of the samples', () => {
    const { pulse, wired } = healthy;
    const [windows, windowNs] = [50, 20_000];
    // The largest of a window is itself a random number, so the mean of many windows is compared.
    const into = new Int32Array(2 * windowNs);
    const peaks = Array.from({ length: windows }, (_, window) => {
      const startNs = pulse.board.now - (window + 1) * windowNs;
      const request = {
        line: 0,
        startNs,
        openedNs: startNs,
        lengthNs: windowNs,
        source: 'line',
        attenuationDecibels: 0,
        drive: [],
      } as const;
      wired.sample(request, into);
      return into.reduce((most, code) => Math.max(most, Math.abs(code)), 0) / 2048;
    });
    const peak = peaks.reduce((sum, each) => sum + each, 0) / windows;
    expect(Math.abs(wired.readout.peakAt(pulse.board.now) / 1000 / peak - 1)).toBeLessThan(0.1);
    const read = pulse.board.machine.peek(FRONTEND, 'PEAK', Signal.READOUT_RETURN);
    expect(read).toBe(Math.round(wired.readout.peakAt(pulse.board.now)));
  });

  test('adc-saturation: a foreign signal clips the converter', async () => {
    const ill = await bench(['adc-saturation at readout-return 3dB']);
    const into = new Int32Array(2000);
    const startNs = ill.pulse.board.now;
    const request = {
      line: 0,
      startNs,
      openedNs: startNs,
      lengthNs: 1000,
      source: 'line',
      attenuationDecibels: 0,
      drive: [],
    } as const;
    ill.wired.sample(request, into);
    expect(into.filter((code) => Math.abs(code) > 2048).length).toBeGreaterThan(400);
    ill.wired.sample({ ...request, attenuationDecibels: 12 }, into);
    expect(into.filter((code) => Math.abs(code) > 2048)).toHaveLength(0);
  });
});

describe('a run', () => {
  const bins = (board: Board) => board.sequencers.module.bins(0, 0, 0, 2 * timing.shots);

  test('gives the same samples cut up, forked and on another board', async () => {
    const one = await bench();
    const before = one.pulse.device.snapshot();
    const [whole] = await measureShots(one.pulse, plansOf(one), timing);
    one.pulse.board.runFor(2 * second);
    const result = bins(one.pulse.board);

    one.pulse.device.restore(before);
    const again = await measureShots(new PulseDevice(one.pulse.device), plansOf(one), timing);
    expect(again[0].states).toEqual(whole.states);
    for (let turn = 0; turn < 200; turn++) one.pulse.board.runFor(10 * millisecond + (turn % 2) * 2 - 1);
    expect(bins(one.pulse.board)).toEqual(result);

    const other = await bench();
    expect((await measureShots(other.pulse, plansOf(other), timing))[0].states).toEqual(whole.states);
  });

  test('takes for a window the state of its own second, also when it is asked for later', async () => {
    const { pulse, wired } = await bench();
    const startNs = pulse.board.now - 100;
    const request = {
      line: 0,
      startNs,
      openedNs: startNs,
      lengthNs: 100,
      source: 'line',
      attenuationDecibels: 0,
      drive: [],
    } as const;
    const [early, late] = [new Int32Array(200), new Int32Array(200)];
    wired.sample(request, early);
    pulse.board.runFor(4 * second);
    wired.sample(request, late);
    expect(late).toEqual(early);
  });
});
