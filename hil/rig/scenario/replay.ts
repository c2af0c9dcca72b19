// Repeats the run of a failure file: the same board in the same surroundings, the same inputs at the same times. The scenario is not needed.

import { Board } from '../../../host/board/board.ts';
import type { BoardOptions } from '../../../host/board/board-options.ts';
import { openFridge } from '../../../host/tools/open-fridge.ts';
import { WiredCryostat } from '../wiring.ts';
import type { FailureFile } from './failure-file.ts';
import { repeatInputs } from './recorded-board.ts';

export interface RepeatedRun {
  board: Board;
  wired: WiredCryostat | undefined;
  /** Runs to a time of the board, or to the end, in steps that yield the time. */
  steps(untilNs?: number): Generator<number, void>;
}

/** The board of a failure, set to where its scenario began; `watch` is what it is to tell of the run. */
export function repeatFailure(
  { seed, fridge, fridgeText, start, inputs, end }: FailureFile,
  watch: Pick<BoardOptions, 'calls'> = {},
): RepeatedRun {
  const wired =
    fridge === undefined
      ? undefined
      : new WiredCryostat(openFridge(fridge, fridgeText === undefined ? undefined : () => fridgeText), { seed });
  const board = new Board({ seed, ...watch, ...(wired && { surroundings: () => wired }) });
  board.loadState(start);
  return { board, wired, steps: (untilNs) => repeatInputs(board, inputs, end, untilNs) };
}
