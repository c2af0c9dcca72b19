// A readout channel over SMP: a sequence that measures both states of the qubit in turn, uploaded to a sequencer and started, its bins read back.
//
//   shot:  marker bit 3 off ─ phase 0 ─ acquire into bin n of acquisition 0 ─ wait ─ bit 3 on ─ phase 0 ─ acquire into bin n of acquisition 1 ─ wait
//
// Frequency, amplitude and window are settings of the sequencer, so one upload serves a whole scan; the amplitude is the offset of path 0, which the
// oscillator turns. Bit 3 of the markers stands for a pi pulse. What must stay true: only SMP is used, so a device in a lab works like one on the bench; the
// sequencer is left stopped, and with the settings of a reset; the tone of each channel is left as the record has it, or as it was found. Whoever has
// a number claims the readout, and touches nothing while another client has it.

import { CalChannel } from '../../../protocol/calibration/record.ts';
import { SequencerFlag, SequencerState, sequencerFlagNames } from '../../../protocol/q1/status.ts';
import { ReadoutLimit } from '../../../protocol/readout/module.ts';
import { type CalibrationRecord, decodeCalibration, encodeCalibration } from '../calibration-record.ts';
import { assembleSequence } from '../q1/index.ts';
import { type SmpClient, SmpError } from '../smp/index.ts';
import {
  claimReadout,
  configureReadout,
  readCalibration,
  readoutClaim,
  readoutState,
  readReadoutSetting,
  storeCalibration,
} from '../smp/readout.ts';
import {
  clearSequencerBins,
  configureSequencer,
  sequencerBins,
  sequencerState,
  startSequencers,
  stopSequencers,
  uploadSequence,
} from '../smp/sequencer.ts';
import { type Iq, inForceEnd, type ReadoutBench, type Shots, type Tone } from './readout-bench.ts';

/** The device could not measure: the message says what its sequencer says. */
export class MeasurementError extends Error {}

const FULL_SCALE = 32767;
const QUARTERS = 4;
/** Between two windows: the resonator empties, and a bin takes 300 ns. */
const GAP_NS = 4000;
const POLL_MS = 2;
const POLLS_MOST = 5000;
/** Of a measurement that gain control has spoiled. */
const RUNS_MOST = 5;
const CLIPPED =
  SequencerFlag.ACQ_SCOPE_OUT_OF_RANGE_PATH_0 |
  SequencerFlag.ACQ_SCOPE_OUT_OF_RANGE_PATH_1 |
  SequencerFlag.ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_0 |
  SequencerFlag.ACQ_INTEGRATOR_OUT_OF_RANGE_PATH_1;
const HARMLESS =
  CLIPPED |
  SequencerFlag.ACQ_BINNING_DONE |
  SequencerFlag.ACQ_SCOPE_DONE_PATH_0 |
  SequencerFlag.ACQ_SCOPE_DONE_PATH_1 |
  SequencerFlag.ACQ_SCOPE_OVERWRITTEN_PATH_0 |
  SequencerFlag.ACQ_SCOPE_OVERWRITTEN_PATH_1;

/** How long a claim lasts without a measurement: the slowest one, on a serial line, takes less. */
const CLAIM_MS = 30_000;
/** For putting things back: a link that is cut is not waited for. */
const LEAVE_MS = 2000;

export interface SmpReadoutOptions {
  /** Number of this client, above 0; without it nothing is claimed. */
  claim?: number;
  /** Sequencer that is used; the others are left alone. */
  sequencer?: number;
  signal?: AbortSignal;
}

export class SmpReadout implements ReadoutBench {
  private readonly client: SmpClient;
  private readonly sequencer: number;
  private readonly claim: number | undefined;
  private readonly options: { signal?: AbortSignal };
  /** Shots and window of the sequence that is loaded. */
  private loaded = '';
  private madeFrom: number | undefined;
  /** What is measured with is ours, and has to be put back. */
  private isOurs = false;
  /** Tones as they were found, by channel. */
  private readonly found = new Map<number, number>();

  constructor(client: SmpClient, { sequencer = 0, claim, signal }: SmpReadoutOptions = {}) {
    this.client = client;
    this.sequencer = sequencer;
    this.claim = claim;
    this.options = { signal };
  }

  /** Takes what it measures with. Rejects, and changes nothing, while another client works with the readout, or the sequencer runs. */
  async begin(): Promise<void> {
    await this.renew();
    const { state } = await sequencerState(this.client, this.sequencer, this.options);
    if (state === SequencerState.RUNNING || state === SequencerState.Q1_STOPPED) {
      await this.giveBack();
      const text = `sequencer ${this.sequencer}, which measures, runs a program`;
      throw new MeasurementError(`${text}; wait until it has ended, or stop it`);
    }
    this.isOurs = true;
  }

  async measure(tone: Tone): Promise<Shots> {
    const { client, sequencer, options } = this;
    const { channel, driveHertz, listenHertz = driveHertz, amplitude, windowNs, shots } = tone;
    if (this.isOurs) await this.renew();
    else await this.begin();
    await this.load(shots, windowNs);
    await this.tune(channel, Math.round(listenHertz * QUARTERS));
    const set = (setting: Parameters<typeof configureSequencer>[2], value: number) =>
      configureSequencer(client, sequencer, setting, value, 0, options);
    await set('INPUT', 1 + channel);
    await set('INTEGRATION_LENGTH', windowNs);
    await set('FREQUENCY', Math.round(driveHertz * QUARTERS));
    await set('OFFSET', Math.round(amplitude * FULL_SCALE));
    const clipped = await this.run();
    const read = async (acquisition: number) =>
      (await sequencerBins(client, sequencer, acquisition, options)).map((bin) => iqOf(bin, windowNs));
    return { zero: await read(0), one: await read(1), clipped, gain: await this.gain() };
  }

  async corrections(): Promise<CalibrationRecord> {
    const { sequence, payload } = await readCalibration(this.client, this.options);
    this.madeFrom = sequence;
    return decodeCalibration(payload);
  }

  store(record: CalibrationRecord): Promise<void> {
    return storeCalibration(this.client, encodeCalibration(record), this.madeFrom, this.options);
  }

  async inForce(): Promise<string> {
    const { sequence, payload } = await readCalibration(this.client, this.options);
    return sequence === 0 ? 'none' : `${sequence}${inForceEnd(payload)}`;
  }

  /** Back to how it was before: the sequencer idle, silent, its input the responses; the tones those of the record, or those that were found. */
  async leave(): Promise<void> {
    if (!this.isOurs) return;
    this.isOurs = false;
    const { client, sequencer } = this;
    // The work may have been ended by a signal; this is short and is done in any case.
    const options = { timeoutMs: LEAVE_MS };
    await stopSequencers(client, 1 << sequencer, options);
    for (const setting of ['INPUT', 'FREQUENCY', 'OFFSET', 'SYNC_ENABLE'] as const)
      await configureSequencer(client, sequencer, setting, 0, 0, options);
    const { channels } = decodeCalibration((await readCalibration(client, options)).payload);
    for (const [channel, found] of this.found) {
      const { flags, frequencyQuarterHertz } = channels[channel];
      const isCalibrated = (flags & CalChannel.FLAG_TONE) !== 0;
      await configureReadout(client, 'FREQUENCY', channel, isCalibrated ? frequencyQuarterHertz : found, options);
    }
    await this.giveBack();
  }

  private async tune(channel: number, quarterHertz: number): Promise<void> {
    const { client, found, options } = this;
    // Until the next record or reset; a scan writes no flash.
    if (!found.has(channel)) found.set(channel, (await readReadoutSetting(client, 'FREQUENCY', channel, options)) | 0);
    await configureReadout(client, 'FREQUENCY', channel, quarterHertz, options);
  }

  /** The claim lasts for so long from now on. */
  private async renew(): Promise<void> {
    if (this.claim === undefined) return;
    try {
      await claimReadout(this.client, this.claim, CLAIM_MS, this.options);
    } catch (error) {
      if (!(error instanceof SmpError) || error.name !== 'CLAIMED') throw error;
      this.isOurs = false;
      const other = await readoutClaim(this.client, this.options);
      const ends = `by itself in ${Math.ceil((other?.leftMs ?? 0) / 1000)} s at the latest if that one was killed`;
      const text = 'another client works with the readout of this device';
      throw new MeasurementError(`${text}; wait until it has ended (its claim ends ${ends}), then call again`);
    }
  }

  private async giveBack(): Promise<void> {
    if (this.claim !== undefined) await claimReadout(this.client, this.claim, 0, { timeoutMs: LEAVE_MS });
  }

  private async load(shots: number, windowNs: number): Promise<void> {
    const wanted = `${shots} ${windowNs}`;
    if (this.loaded === wanted) return;
    this.loaded = '';
    await stopSequencers(this.client, 1 << this.sequencer, this.options);
    const { binary } = assembleSequence(sequenceText(shots, windowNs), 'calibration', 'qblox-qrm');
    await uploadSequence(this.client, this.sequencer, binary, this.options);
    await configureSequencer(this.client, this.sequencer, 'SYNC_ENABLE', 0, 0, this.options);
    this.loaded = wanted;
  }

  /** Runs the sequence, and again when gain control switched meanwhile; whether samples were out of range. */
  private async run(): Promise<boolean> {
    const { client, sequencer, options } = this;
    for (let run = 0; run < RUNS_MOST; run++) {
      await clearSequencerBins(client, sequencer, options);
      await startSequencers(client, 1 << sequencer, options);
      const { isClipped, isWhole } = await this.untilStopped();
      if (isWhole) return isClipped;
    }
    throw new MeasurementError(
      `gain control changed the attenuation in each of ${RUNS_MOST} measurements; something foreign on the line comes and goes`,
    );
  }

  /** What the device multiplies its sums by now. */
  private async gain(): Promise<number> {
    return 10 ** ((await readoutState(this.client, this.options)).attenuationDecibels / 20);
  }

  /** Whether samples were out of range, and whether all windows have the same gain. */
  private async untilStopped(): Promise<{ isClipped: boolean; isWhole: boolean }> {
    for (let poll = 0; poll < POLLS_MOST; poll++) {
      const { state, flags, gainSteps } = await sequencerState(this.client, this.sequencer, this.options);
      const wrong = flags & ~HARMLESS;
      if (wrong !== 0)
        throw new MeasurementError(
          `sequencer ${this.sequencer}: ${flagsText(wrong >>> 0)}; does another client use it as well?`,
        );
      if (state === SequencerState.IDLE || state === SequencerState.ARMED)
        throw new MeasurementError(
          `sequencer ${this.sequencer} does not run what it was started with: the device was reset, or another client uses it as well`,
        );
      if (state === SequencerState.STOPPED) return { isClipped: (flags & CLIPPED) !== 0, isWhole: gainSteps === 0 };
      await this.client.pause(POLL_MS, this.options.signal);
    }
    throw new MeasurementError(`sequencer ${this.sequencer} still runs after ${(POLLS_MOST * POLL_MS) / 1000} s`);
  }
}

function iqOf({ sum0, sum1, count }: { sum0: number; sum1: number; count: number }, windowNs: number): Iq {
  if (count !== 1)
    throw new MeasurementError(`a bin holds ${count} windows instead of one; another client uses this sequencer`);
  const scale = 1 / (windowNs * ReadoutLimit.SUM_SCALE);
  return { i: sum0 * scale, q: sum1 * scale };
}

function flagsText(flags: number): string {
  const names = sequencerFlagNames(flags).join(', ');
  const dark = flags & SequencerFlag.ACQ_BINNING_COMM_ERROR ? '; the readout of the device is held in reset' : '';
  return `${names}${dark}`;
}

export function sequenceText(shots: number, windowNs: number): string {
  const apart = windowNs + GAP_NS;
  const window = (acquisition: number, marker: number) => [
    `  set_mrk ${marker}`,
    '  reset_ph',
    `  acquire ${acquisition},R1,${apart}`,
  ];
  const program = [
    `  move ${shots},R0`,
    '  move 0,R1',
    '  wait 100',
    ...['shot:', ...window(0, 0), ...window(1, 8)],
    ...['  add R1,1,R1', '  loop R0,@shot', '  set_mrk 0', '  upd_param 4', '  stop'],
  ];
  const acquisitions = { zero: { num_bins: shots, index: 0 }, one: { num_bins: shots, index: 1 } };
  return JSON.stringify({ program, waveforms: {}, weights: {}, acquisitions });
}
