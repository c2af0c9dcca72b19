// A sequencer's acquisition of a converter on a whole board: exact sums, whatever happens to the run in between.

import { beforeAll, describe, expect, test } from 'vitest';
import type { Board } from '../../../host/board/board.ts';
import type { SampleRequest } from '../../../host/board/samples.ts';
import { QuietBench } from '../../../host/board/surroundings.ts';
import { configureSequencer } from '../../../host/tools/smp/sequencer.ts';
import { READOUT } from '../../../protocol/generated/registers.ts';
import { sequencerFlagNames } from '../../../protocol/q1/status.ts';
import { ReadoutLimit, ReadoutSetting } from '../../../protocol/readout/module.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import type { PulseProgram, Setting } from '../../rig/pulse/run.ts';
import { millisecond } from '../../rig/time.ts';
import { program, sequence } from '../pulse/programs.ts';

const [levelI, levelQ] = [700, -300];

/** A constant level on both quadratures, and a note of what the converter was asked for. */
class Level extends QuietBench {
  readonly asked: SampleRequest[] = [];
  scale = 1;

  override sample(request: SampleRequest, into: Int32Array): void {
    this.asked.push(request);
    for (let index = 0; index < request.lengthNs; index++)
      into.set([this.scale * levelI, this.scale * levelQ], 2 * index);
  }
}

const rounds = 40;
const lengthNs = 300;

function acquiring(settings: Setting[] = []): PulseProgram {
  const text = `
      move ${rounds},R0
      move 0,R1
      set_mrk 8
      wait_sync 100
shot: set_awg_offs 8000,-4000
      upd_param 100
      acquire 0,R1,400
      set_awg_offs 0,0
      upd_param 50000
      loop R0,@shot
      stop`;
  return sequence('acquires', text, [['INPUT', 1], ['INTEGRATION_LENGTH', lengthNs], ...settings]);
}

let level: Level;
let device: PulseDevice;

async function released(): Promise<PulseDevice> {
  const pulse = new PulseDevice(await DeviceUnderTest.running({ surroundings: () => level }));
  // The firmware releases the readout as soon as a sequencer is to listen.
  await configureSequencer(pulse.client, 0, 'INPUT', 1);
  return pulse;
}

const binOf = (board: Board) => board.sequencers.module.bins(0, 0, 0, 1)[0];
const expected = {
  sum0: rounds * lengthNs * levelI * ReadoutLimit.SUM_SCALE,
  sum1: rounds * lengthNs * levelQ * ReadoutLimit.SUM_SCALE,
  count: rounds,
};

beforeAll(async () => {
  level = new Level();
  device = await released();
});

describe('an acquisition of a converter', () => {
  test('gives exactly the sum of a constant level, and asks for what the sequencer plays', async () => {
    const programs = [acquiring([['THRESHOLD', 100]])];
    await device.load(programs);
    await device.start(programs);
    await device.finish(programs);
    expect(binOf(device.board)).toMatchObject({ ...expected, thresholdCount: rounds });
    expect(level.asked).toHaveLength(rounds);
    const { line, lengthNs: asked, source, drive, startNs, openedNs } = level.asked[3];
    expect([line, asked, source, startNs]).toEqual([0, lengthNs, 'line', openedNs]);
    expect(drive).toMatchObject([{ channel: 0, frequencyQuarterHertz: 0, phase: 0, state: 1 }]);
    expect([...drive[0].amplitude]).toEqual(
      Array.from({ length: 2 * Math.ceil(lengthNs / 16) }, (_, index) => (index % 2 === 0 ? 8000 : -4000) / 32768),
    );
    expect(level.asked[4].startNs - startNs).toBe(100 + 400 + 50000);
  });

  test('gives the same cut up, forked, saved and loaded, and on another board', async () => {
    const programs = [acquiring()];
    const whole = await released();
    await whole.load(programs);
    await whole.start(programs);
    const begun = whole.board.fork();
    whole.board.runFor(10 * millisecond);

    const cut = begun.fork();
    for (let turn = 0; turn < 1000; turn++) cut.runFor(10_007 - (turn % 2) * 14);
    const late = begun.fork();
    late.runFor(700_000);
    const loaded = late.fork();
    loaded.loadState(late.saveState());
    for (const board of [late, loaded]) board.runFor(10 * millisecond - 700_000);
    for (const board of [whole.board, cut, late, loaded]) expect(binOf(board)).toMatchObject(expected);
    expect(cut.logHash).toBe(whole.board.logHash);
    expect(late.logHash).toBe(whole.board.logHash);
    expect(loaded.logHash).toBe(whole.board.logHash);

    const again = await released();
    await again.load(programs);
    await again.start(programs);
    again.board.runFor(10 * millisecond);
    expect(again.board.logHash).toBe(whole.board.logHash);
  });

  test('says that it means nothing while the readout is held in reset', async () => {
    const programs = [acquiring()];
    const dark = await released();
    await dark.load(programs);
    await dark.start(programs);
    dark.board.machine.poke(READOUT, 'CONTROL', 0);
    dark.board.runFor(10 * millisecond);
    expect(sequencerFlagNames(dark.board.sequencers.module.figure(0, 'FLAGS'))).toContain('ACQ_BINNING_COMM_ERROR');
    // One window was open already.
    const [sum0, sum1] = [expected.sum0 / rounds, expected.sum1 / rounds];
    expect(binOf(dark.board)).toMatchObject({ sum0, sum1, count: rounds });
  });

  test('captures what one sequencer acquires, and is flagged when that overwrites or clips', async () => {
    const scoped = await released();
    const { machine } = scoped.board;
    const set = (setting: keyof typeof ReadoutSetting, value: number) => {
      machine.poke(READOUT, 'SELECT', ReadoutSetting[setting]);
      machine.poke(READOUT, 'VALUE', value);
    };
    set('SCOPE_SEQUENCER', 1);
    set('SCOPE_LENGTH', 2000);
    const flagsOf = async () => {
      const programs = [acquiring()];
      await scoped.load(programs);
      await scoped.start(programs);
      const [{ flags }] = await scoped.finish(programs);
      return sequencerFlagNames(flags).filter((name) => /SCOPE|INTEGRATOR/.test(name));
    };
    const done = ['ACQ_SCOPE_DONE_PATH_0', 'ACQ_SCOPE_DONE_PATH_1'];
    const overwritten = ['ACQ_SCOPE_OVERWRITTEN_PATH_0', 'ACQ_SCOPE_OVERWRITTEN_PATH_1'];
    // Forty windows, one after another into the same memory.
    expect(await flagsOf()).toEqual([...done, ...overwritten]);
    expect(scoped.board.readout.module.scopeWord(1999)).toBe(((levelQ << 16) | levelI) >>> 0);
    expect(scoped.board.readout.module.scopeWord(2000)).toBeUndefined();
    level.scale = 7;
    const out = ['ACQ_SCOPE_OUT_OF_RANGE_PATH_0', 'ACQ_SCOPE_OUT_OF_RANGE_PATH_1'];
    expect(await flagsOf()).toEqual([
      ...[...done, ...out, ...overwritten],
      ...['ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_0', 'ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_1'],
    ]);
    level.scale = 1;
  });

  test('is weighed by the weights of its sequencer, also after others were loaded', async () => {
    const weighed = await released();
    const sums = async (weight0: number, weight1: number) => {
      const text = 'wait_sync 100\nset_freq 0\nacquire_weighed 0,0,0,1,400\nupd_param 400\nstop';
      const parts = {
        program: text,
        waveforms: {},
        weights: {
          a: { data: Array(100).fill(weight0), index: 0 },
          b: { data: Array(1500).fill(weight1), index: 1 },
        },
        acquisitions: { qubit: { num_bins: 1, index: 0 } },
      };
      const programs = [program('weighed', JSON.stringify(parts), [['INPUT', 1]])];
      await weighed.load(programs);
      await weighed.start(programs);
      await weighed.finish(programs);
      return [binOf(weighed.board).sum0, binOf(weighed.board).sum1];
    };
    expect(await sums(0.5, -0.25)).toEqual([16 * levelI * 100 * 0.5, 16 * levelQ * 1500 * -0.25]);
    expect(await sums(-0.5, 0.125)).toEqual([16 * levelI * 100 * -0.5, 16 * levelQ * 1500 * 0.125]);
  });

  test('is in the statistics of its channel, by state, with what reached the threshold', async () => {
    const counted = await released();
    const programs = [acquiring([['THRESHOLD', 100]])];
    await counted.load(programs);
    await counted.start(programs);
    await counted.finish(programs);
    const { module } = counted.board.readout;
    const n = BigInt(rounds);
    const [i, q] = [BigInt(levelI) * 4096n, BigInt(levelQ) * 4096n];
    expect(module.moments(0, 1)).toEqual({
      ...{ count: rounds, reached: rounds, i: n * i, q: n * q, ii: n * i * i, qq: n * q * q, iq: n * i * q },
    });
    expect([module.moments(0, 0).count, module.moments(1, 1).count]).toEqual([0, 0]);
  });
});
