// Runs pulse programs on a whole device: real firmware, uploaded, started and read over SMP.

import { Board } from '../../../host/board/board.ts';
import { sequencerCount } from '../../../host/board/sequencer/sequencer-module.ts';
import { boardDevice } from '../../../host/links/in-process.ts';
import { compileGuest } from '../../../host/tools/guest.ts';
import { inProcessTransport, SmpClient } from '../../../host/tools/smp/index.ts';
import {
  configureSequencer,
  type SequencerStateAnswer,
  sequencerState,
  startSequencers,
  uploadSequence,
} from '../../../host/tools/smp/sequencer.ts';
import { SequencerState } from '../../../protocol/q1/status.ts';
import { firmwareImage, key, millisecond } from '../device.ts';
import type { PulseProgram } from './run.ts';

export class PulseBoard {
  readonly board: Board;
  readonly client: SmpClient;

  constructor(board: Board) {
    this.board = board;
    this.client = new SmpClient(inProcessTransport(boardDevice(board)));
  }

  /** A new device whose firmware runs. */
  static async running(seed = 1): Promise<PulseBoard> {
    const board = new Board({ seed });
    const slots = { A: await firmwareImage('1.0.0') };
    board.provision({ bootloader: await compileGuest('bootloader/main.ts'), keys: [key.publicKey], slots });
    board.powerOn();
    while (board.state !== 'firmware') board.runFor(millisecond);
    board.runFor(millisecond);
    return new PulseBoard(board);
  }

  /** Uploads programs, one a sequencer, with the same settings `runPulse` makes; the other sequencers take no part in wait_sync. */
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

  /** Lets time pass until they have all stopped, or wait for each other; asks over SMP. */
  async finish(programs: PulseProgram[], withinMs = 10_000): Promise<SequencerStateAnswer[]> {
    const deadline = this.board.now + withinMs * millisecond;
    for (;;) {
      const states: SequencerStateAnswer[] = [];
      for (const sequencer of programs.keys()) states.push(await sequencerState(this.client, sequencer));
      const over = states.every(({ state, waiting }) => state === SequencerState.STOPPED || waiting !== 0);
      if (over || this.board.now >= deadline) return states;
      this.board.runFor(millisecond);
    }
  }
}
