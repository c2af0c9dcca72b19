// A controller in its fridge whose readout channel was calibrated and is measured on and on, under faults: what an experiment sees, second by second.
//
//   calibrate over SMP ──> a program measures both states of the qubit 200 times a second ──> each second: errors of the thresholds, and what the device says of itself
//
// An experiment asks the device which channels it may rely on and leaves the others out. What must stay true: everything is read over SMP, as a lab would.

import type { ReadoutChain } from '../../../host/plant/readout/chain-data.ts';
import type { CalibrationPlan } from '../../../host/tools/calibration/plan.ts';
import { decodeCalibration } from '../../../host/tools/calibration-record.ts';
import { readCalibration, readoutChannel, readoutState } from '../../../host/tools/smp/readout.ts';
import { clearSequencerBins, sequencerBins } from '../../../host/tools/smp/sequencer.ts';
import type { DeviceUnderTest } from '../../rig/device.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import type { PulseProgram, Setting } from '../../rig/pulse/run.ts';
import { second } from '../../rig/time.ts';
import { type CalibratedBoard, calibratedBoard } from '../calibration/calibrated-board.ts';
import { program } from '../pulse/programs.ts';

/** What an experiment sees in a second. */
export interface Second {
  /** Share of windows on the wrong side of the threshold. */
  error: number;
  windows: number;
  /** Whether the device says that the channel may be relied on. */
  isReadable: boolean;
  snrDecibels: number | undefined;
  attenuationDecibels: number;
}

const FULL_SCALE = 32_767;
const GAP_NS = 4000;
/** Between two pairs of windows. */
const PAUSE_NS = 5_000_000;
const WAIT_NS = 50_000;

/** Boards as they were calibrated, by channel and window: it takes five seconds of processor time. What is handed out is a fork. */
const usualBoards = new Map<string, Promise<CalibratedBoard>>();

export class ReadingBench {
  readonly device: DeviceUnderTest;
  readonly chain: ReadoutChain;
  readonly channel: number;
  private readonly plan: CalibrationPlan;
  private readonly pulse: PulseDevice;

  private constructor(device: DeviceUnderTest, chain: ReadoutChain, plan: CalibrationPlan, channel: number) {
    [this.device, this.chain, this.plan, this.channel] = [device, chain, plan, channel];
    this.pulse = new PulseDevice(device);
  }

  /** Calibrated; the chain belongs to the caller, who may change it. */
  static async calibrated(channel = 0, windowNs = 1000): Promise<ReadingBench> {
    const key = `${channel}, ${windowNs}`;
    const usual = usualBoards.get(key) ?? calibratedBoard(channel, { windowNs, drift: false });
    usualBoards.set(key, usual);
    const { fork, work } = await usual;
    return ReadingBench.of({ ...fork(), work }, channel);
  }

  /** On a board of which this channel was calibrated. */
  static of(
    { device, chain, work }: Pick<CalibratedBoard, 'device' | 'chain' | 'work'>,
    channel: number,
  ): ReadingBench {
    return new ReadingBench(device, chain, work.plan, channel);
  }

  /** Starts to measure: state 0 into bin 0, state 1 into bin 1. */
  async measure(): Promise<void> {
    const { client } = this.pulse;
    const { windowNs, channels } = this.plan;
    const record = decodeCalibration((await readCalibration(client)).payload);
    const { frequencyQuarterHertz } = record.channels[this.channel];
    const { amplitude } = channels[0];
    const programs = [statesProgram({ channel: this.channel, windowNs, amplitude, frequencyQuarterHertz })];
    await this.pulse.load(programs);
    await this.pulse.start(programs);
  }

  /** Lets so many seconds pass, and looks at each. */
  async watch(seconds: number): Promise<Second[]> {
    const seen: Second[] = [];
    for (let passed = 0; passed < seconds; passed++) {
      await clearSequencerBins(this.pulse.client, 0);
      this.device.run(second);
      seen.push(await this.look());
    }
    return seen;
  }

  private async look(): Promise<Second> {
    const { client } = this.pulse;
    const [zero, one] = await sequencerBins(client, 0, 0);
    const { unreadable, attenuationDecibels } = await readoutState(client);
    const { snrDecibels } = await readoutChannel(client, this.channel);
    const windows = zero.count + one.count;
    const wrong = zero.thresholdCount + one.count - one.thresholdCount;
    const isReadable = ((unreadable >>> this.channel) & 1) === 0;
    return { error: wrong / windows, windows, isReadable, snrDecibels, attenuationDecibels };
  }
}

/** Measures both states of the qubit of a channel 200 times a second, on and on: state 0 into bin 0, state 1 into bin 1. */
export function statesProgram(of: {
  channel: number;
  windowNs: number;
  /** 1 is full scale. */
  amplitude: number;
  frequencyQuarterHertz: number;
}): PulseProgram {
  const apart = of.windowNs + GAP_NS;
  const text = `
      wait 100
shot: set_mrk 0
      reset_ph
      acquire 0,0,${apart}
      set_mrk 8
      reset_ph
      acquire 0,1,${apart}
      set_mrk 0
      upd_param 4
      move ${Math.round(PAUSE_NS / WAIT_NS)},R0
rest: wait ${WAIT_NS}
      loop R0,@rest
      jmp @shot`;
  const parts = { program: text, waveforms: {}, weights: {}, acquisitions: { states: { num_bins: 2, index: 0 } } };
  const settings: Setting[] = [
    ['INPUT', 1 + of.channel],
    ['INTEGRATION_LENGTH', of.windowNs],
    ['FREQUENCY', of.frequencyQuarterHertz >>> 0],
    ['OFFSET', Math.round(of.amplitude * FULL_SCALE)],
  ];
  return program('measures', JSON.stringify(parts), settings);
}
