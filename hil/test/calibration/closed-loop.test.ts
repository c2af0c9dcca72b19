// A board in its fridge whose readout goes wrong, one thing after the other: the watch sees it, gain control and calibration bring SNR and levels back, and
// nobody helps. All goes through what `coldrig calibrate --watch` does.

import { beforeAll, describe, expect, test } from 'vitest';
import type { AmplifierData } from '../../../host/plant/readout/chain-data.ts';
import { EventCalibrations } from '../../../host/telemetry/calibration/event-calibrations.ts';
import { graphCalibrator } from '../../../host/telemetry/calibration/graph-calibrator.ts';
import type { Time } from '../../../host/telemetry/time.ts';
import { planOfChain } from '../../../host/tools/calibration/plan-of-chain.ts';
import { type Watched, watchOn } from '../../../host/tools/calibration/work.ts';
import { openReadout } from '../../../host/tools/readout/open-readout.ts';
import { stopSequencers } from '../../../host/tools/smp/sequencer.ts';
import { TelemetryClient } from '../../../host/tools/telemetry/client.ts';
import type { DeviceUnderTest } from '../../rig/device.ts';
import { second } from '../../rig/time.ts';
import { ReadingBench } from '../faults/reading-bench.ts';
import { type CalibratedBoard, calibratedBoard } from './calibrated-board.ts';

const channel = 0;
const SNR_LEAST = 20;
/** The fewest from which a watch learns. */
const TRAINING = 30;

let board: CalibratedBoard;
beforeAll(async () => {
  board = await calibratedBoard(channel, { drift: false });
}, 600_000);

/** Watches for so many seconds of the device, a look a second; `onSecond` is told how many have passed. */
function watch(seconds: number, onSecond: (passed: number) => void = () => {}): Promise<Watched> {
  const { client, device } = board;
  const begin = device.now;
  const pause = async (milliseconds: number) => {
    await client.pause(milliseconds);
    onSecond(Math.floor((device.now - begin) / second));
  };
  return watchOn(board.work, { sampleNs: second, training: TRAINING, forNs: seconds * second, pause }, {});
}

/** What a fresh measurement says. */
async function state() {
  const { verdict, results } = await board.work.station.run(`threshold-${channel}`, 'check');
  return { verdict, snrDecibels: results.snrDecibels, distanceCodes: results.distanceCodes };
}

async function expectHealed(): Promise<void> {
  const { verdict, snrDecibels } = await state();
  expect(verdict).toBe('in_spec');
  expect(snrDecibels).toBeGreaterThan(SNR_LEAST);
}

/** Time of the board, which passes when it is let, and while a client waits. */
class BoardTime implements Time {
  private readonly device: DeviceUnderTest;
  private timers: { atMs: number; call: () => void }[] = [];

  constructor(device: DeviceUnderTest) {
    this.device = device;
  }

  monotonicMs(): number {
    return this.device.now / 1e6;
  }

  wallNs(): bigint {
    return BigInt(Math.round(this.device.now));
  }

  after(milliseconds: number, call: () => void): () => void {
    const timer = { atMs: this.monotonicMs() + milliseconds, call };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** To the next timer, when nothing else is to be done before it. */
  async pass(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const [next] = [...this.timers].sort((one, other) => one.atMs - other.atMs);
    if (next === undefined) return;
    this.timers = this.timers.filter((other) => other !== next);
    this.device.run(Math.max(0, Math.ceil((next.atMs - this.monotonicMs()) * 1e6)));
    next.call();
  }
}

describe('without a person', { timeout: 600_000 }, () => {
  test('a gain that creeps away is seen by what was learnt, and made up for', async () => {
    const healthy = (await state()).distanceCodes;
    const amplifier = board.chain.lines[0].path.find((part) => part.kind === 'amplifier') as AmplifierData;
    const usual = amplifier.gainDecibels;
    // 2 dB a minute, once the watch has learnt.
    const { doubts, failures, runs } = await watch(TRAINING + 25, (passed) => {
      amplifier.gainDecibels = usual - Math.max(0, passed - TRAINING - 2) / 30;
    });
    expect(failures).toEqual([]);
    // By its trend, or by the first look that is out of what was learnt: the noise decides. Its limit is further away.
    expect(doubts[0]).toMatchObject({
      kind: expect.stringMatching(/^(drift|jump)$/),
      figure: `distanceCodes-${channel}`,
    });
    expect(runs).toContainEqual(expect.objectContaining({ node: 'gain-0', kind: 'calibrate', verdict: 'in_spec' }));
    await expectHealed();
    expect(Math.abs((await state()).distanceCodes / healthy - 1)).toBeLessThan(0.08);
  });

  test('a resonator that jumps to and fro, again and again, is found again each time', async () => {
    const [resonator] = board.chain.lines[0].resonators;
    // A telegraph signal of two fifths of the linewidth, which changes every 20 s on average.
    Object.assign(resonator, { jumpHertz: 1.2e6, jumpNs: 20 * second });
    const { doubts, failures, runs } = await watch(30);
    expect(failures).toEqual([]);
    expect(doubts.length).toBeGreaterThan(1);
    const found = runs.filter(({ node, kind }) => node === `resonator-${channel}` && kind === 'calibrate');
    expect(found.length).toBeGreaterThan(1);
    expect(found.every(({ verdict }) => verdict === 'in_spec')).toBe(true);
    await expectHealed();
    // And where it stays: what comes next moves it from where its tone is, and not towards it.
    Object.assign(resonator, { jumpHertz: 0 });
    expect((await watch(5)).failures).toEqual([]);
    await expectHealed();
  });

  test('a resonator that moved while a qubit is measured: its event asks for a calibration, which waits for the program to end', async () => {
    const { client, device, chain, work } = board;
    const reading = ReadingBench.of(board, channel);
    const telemetry = new TelemetryClient(client, { cryostat: 'north', timeNs: () => BigInt(device.now) });
    const told: string[] = [];
    const time = new BoardTime(device);
    const calibrations = new EventCalibrations({
      ...{ time, permits: () => ({ by: 'robot' }) },
      tell: (records) => void told.push(...records.map(({ body }) => `${body.state}`)),
      calibrator: graphCalibrator({
        ...{ recordsOf: () => work.records, claim: () => 7, time },
        planOf: (channels) => planOfChain(openReadout('uts'), channels),
        // One line has one client at a time.
        open: async () => client,
      }),
    });
    await telemetry.poll(() => {});
    await reading.measure();
    await reading.watch(3);
    chain.lines[0].resonators[0].offsetHertz += 2e6;
    while (told.length === 0) {
      device.run(second);
      await telemetry.poll((records) => {
        for (const record of records) calibrations.take(record);
      });
    }
    await stopSequencers(client, 1);
    while (told.length < 2) await time.pass();
    expect(told).toEqual(['begun', 'stored']);
    await expectHealed();
  });

  test('a saturated converter is attenuated by the firmware, and the watch goes on as it is then', async () => {
    await watch(2);
    board.device.fault('adc-saturation at readout-return 9dB');
    const { failures, samples } = await watch(4);
    expect(failures).toEqual([]);
    expect(samples).toBeGreaterThan(1);
    expect(board.device.events('ATTENUATED').at(-1)?.argument1).toBe(12);
    await expectHealed();
  });
});
