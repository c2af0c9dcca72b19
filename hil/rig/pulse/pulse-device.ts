// Runs pulse programs on a whole device: real firmware, uploaded, started and read over SMP.

import type { Board } from '../../../host/board/board.ts';
import { sequencerCount } from '../../../host/board/sequencer/sequencer-module.ts';
import type { SmpClient } from '../../../host/tools/smp/index.ts';
import {
  configureSequencer,
  type SequencerStateAnswer,
  sequencerState,
  startSequencers,
  uploadSequence,
} from '../../../host/tools/smp/sequencer.ts';
import { SequencerState } from '../../../protocol/q1/status.ts';
import { DeviceUnderTest } from '../device.ts';
import { millisecond } from '../time.ts';
import type { PulseProgram } from './run.ts';

export class PulseDevice {
  readonly device: DeviceUnderTest;
  readonly client: SmpClient;

  constructor(device: DeviceUnderTest) {
    this.device = device;
    this.client = device.client();
  }

  /** A new device whose firmware runs. */
  static async running(seed = 1): Promise<PulseDevice> {
    return new PulseDevice(await DeviceUnderTest.running({ seed }));
  }

  get board(): Board {
    return this.device.board;
  }

  /** Uploads programs, one per sequencer, with the same settings as `runPulse`; the other sequencers take no part in wait_sync. */
  async load(programs: PulseProgram[]): Promise<void> {
    for (let idle = programs.length; idle < sequencerCount; idle++)
      await configureSequencer(this.client, idle, 'SYNC_ENABLE', 0);
    for (const [sequencer, { binary, settings = [] }] of programs.entries()) {
      await uploadSequence(this.client, sequencer, binary);
      await configureSequencer(this.client, sequencer, 'SYNC_ENABLE', 1);
      for (const [setting, value, index] of settings)
        await configureSequencer(this.client, sequencer, setting, value, index);
    }
  }

  start(programs: PulseProgram[]): Promise<void> {
    return startSequencers(this.client, 2 ** programs.length - 1);
  }

  /** Lets time pass until all of them have stopped or wait for each other; their state is read over SMP. `onWait`: after each millisecond. */
  async finish(
    programs: PulseProgram[],
    withinMs = 10_000,
    onWait: () => void | Promise<void> = () => {},
  ): Promise<SequencerStateAnswer[]> {
    const deadline = this.board.now + withinMs * millisecond;
    for (;;) {
      const states: SequencerStateAnswer[] = [];
      for (const sequencer of programs.keys()) states.push(await sequencerState(this.client, sequencer));
      const over = states.every(({ state, waiting }) => state === SequencerState.STOPPED || waiting !== 0);
      if (over || this.board.now >= deadline) return states;
      this.board.runFor(millisecond);
      await onWait();
    }
  }
}
