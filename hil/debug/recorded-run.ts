// A recorded run that can be repeated from any of its states: what was done to the board, and when.

import type { Board } from '../../host/board/board.ts';
import type { StepWitness } from '../../host/board/call-witness.ts';
import type { FailureFile } from '../rig/scenario/failure-file.ts';
import { type Act, actsOf } from '../rig/scenario/recorded-board.ts';
import { repeatFailure } from '../rig/scenario/replay.ts';

export interface RecordedRun {
  /** It stands where the recording begins. */
  board: Board;
  /** The time of the board from which times are counted. */
  zeroNs: number;
  acts: readonly Act[];
  /** What to run to at the end, and the hash of the log there; undefined where the recording was cut off. */
  end: { runToNs: number; logHash: string } | undefined;
}

/** Makes the board of the recording, which tells the witness what it does. */
export type OpenRun = (witness: StepWitness) => RecordedRun | Promise<RecordedRun>;

/** The run of a failed scenario. */
export const failedRun =
  (file: FailureFile): OpenRun =>
  (witness) => {
    const { board } = repeatFailure(file, { calls: witness });
    return { board, zeroNs: file.beganNs, acts: actsOf(file.inputs), end: file.end };
  };
