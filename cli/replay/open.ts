// The two kinds of files that `coldrig replay` repeats, as one: inputs of a `coldrig run --record`, and the failure.coldrig of a scenario.
//
// What must stay true: a file is checked before anything runs, and each says what to do when it is not what it should be.

import {
  decodeFailure,
  type FailureFile,
  FailureFileError,
  looksLikeFailure,
  otherBoardText,
} from '../../hil/rig/scenario/failure-file.ts';
import { type Act, actsOf } from '../../hil/rig/scenario/recorded-board.ts';
import { repeatFailure } from '../../hil/rig/scenario/replay.ts';
import type { Board } from '../../host/board/board.ts';
import type { BoardOptions } from '../../host/board/board-options.ts';
import { OtherBoard } from '../../host/board/snapshot.ts';
import { readDevice } from '../../host/links/device-file/device-file.ts';
import { type InputLog, readInputLog, replaySteps } from '../../host/links/input-log.ts';
import { CryostatView } from '../../host/plant/cryostat/view.ts';
import { ExitCode, Failure } from '../failure.ts';
import { readInput } from '../files.ts';
import { RunFridge } from '../run/fridge.ts';
import { newDevice } from '../run/new-device.ts';

export interface OpenOptions {
  image?: string;
  key?: string[];
  flash?: string;
  salvage?: boolean;
  onStep: (what: string) => void;
  /** Is told of every call of the guest's functions. */
  calls?: BoardOptions['calls'];
}

/** A run that can be repeated once. */
export interface Recording {
  board: Board;
  /** The time of the board from which times are counted. */
  zeroNs: number;
  inputs: number;
  /** The same run as what is done to the board and when, with the beginning. */
  acts: Act[];
  /** Missing when the recorded run was killed. */
  end: { runToNs: number; timeNs: number; logHash: string } | undefined;
  cryostat: CryostatView | undefined;
  /** What a person is told before and after the events. */
  head: string[];
  tail: string[];
  /** For --json. */
  facts: object;
  /** The first step of the run; listeners of the board are connected before. */
  begin(): void;
  /** Runs to a time of the board, or to the end. */
  steps(untilNs: number): Generator<number, void>;
}

export async function openRecording(path: string, options: OpenOptions): Promise<Recording> {
  const bytes = readInput(path, 'the recorded run');
  if (!looksLikeFailure(bytes)) return openInputLog(new TextDecoder().decode(bytes), path, options);
  const given = (['image', 'key', 'flash', 'salvage'] as const).find((name) => options[name] !== undefined);
  if (given !== undefined)
    throw new Failure(
      'OPTION',
      `--${given} is for the inputs of a run; ${path} has its device in it, so leave it out`,
      {
        exitCode: ExitCode.USAGE,
      },
    );
  return openFailure(bytes, path, options.calls);
}

function openFailure(bytes: Uint8Array, path: string, calls?: OpenOptions['calls']): Recording {
  let file: FailureFile;
  try {
    file = decodeFailure(bytes, path);
  } catch (error) {
    if (error instanceof FailureFileError) throw new Failure('FAILURE_FILE', error.message, { cause: error });
    throw error;
  }
  try {
    const { scenario, message, seed, fridge, choices, images, beganNs, failedNs, inputs, end } = file;
    const { board, wired, steps } = repeatFailure(file, { calls });
    const where = [
      `seed ${seed}`,
      fridge && `in the fridge ${fridge}`,
      choices.length > 0 && `choices ${choices.join(',')}`,
    ];
    const slots = images.map(({ slot, version, sha256 }) => `slot ${slot} ${version} (${sha256.slice(0, 12)})`);
    return {
      ...{ board, zeroNs: beganNs, inputs: inputs.length, end, begin: () => {}, steps },
      acts: actsOf(inputs),
      cryostat: wired && new CryostatView(wired.cryostat),
      head: [`scenario '${scenario}': ${[...where, ...slots].filter(Boolean).join(', ')}`],
      tail: ['it failed:', ...message.split('\n').map((line) => `  ${line}`), ''],
      facts: { scenario, message, failedNs: failedNs - beganNs, seed, fridge: fridge ?? null, choices, images },
    };
  } catch (error) {
    if (!(error instanceof OtherBoard)) throw error;
    throw new Failure('OTHER_BOARD', `${path}: ${otherBoardText(file, error.message)}`, { cause: error });
  }
}

async function openInputLog(text: string, path: string, options: OpenOptions): Promise<Recording> {
  const { image, key: keys, flash, salvage, onStep, calls } = options;
  const log = readInputLog(text, path, { salvage });
  const fridge =
    log.fridge === undefined ? undefined : new RunFridge(log.fridge, log.faults ?? [], log.seed, log.fridgeText);
  const { board, origin, fingerprint } = await newDevice(
    {
      ...{ seed: log.seed, image, keys, surroundings: fridge?.wired, watch: { calls } },
      kept: flash === undefined ? undefined : { contents: readDevice(flash), path: flash },
    },
    onStep,
  );
  if (fingerprint !== log.device) {
    throw new Failure(
      'OTHER_DEVICE',
      `${path} was recorded on another device than ${origin}: its flash and fuses differ; ` +
        'pass the --image and --key, or the --flash, of the recorded run. A new device has the bootloader and the development key of this install',
    );
  }
  const { leftOut, end } = log;
  const begin = () => {
    board.powerOn();
    fridge?.disturb(board);
  };
  return {
    ...{ board, zeroNs: 0, inputs: log.inputs.length, cryostat: fridge?.cryostat, head: [] },
    acts: [{ runToNs: -1, timeNs: 0, give: begin }, ...log.inputs.map(sendAct)],
    end: end && { runToNs: end.endNs, timeNs: end.endNs, logHash: end.logHash },
    tail: leftOut ? [`${path} is damaged from line ${leftOut.fromLine} on; lines left out: ${leftOut.lines}`] : [],
    facts: { leftOut: leftOut ?? null },
    begin,
    steps: (untilNs) => replaySteps(board, cutAt(log, untilNs)),
  };
}

const sendAct = ({ timeNs, line, bytes }: InputLog['inputs'][number]): Act => ({
  ...{ runToNs: timeNs, timeNs },
  give: (board) => board.send(line, bytes),
});

/** The part of a log up to a time. */
function cutAt({ inputs, end }: InputLog, untilNs: number): Pick<InputLog, 'inputs' | 'end'> {
  if (end !== undefined && untilNs >= end.endNs) return { inputs, end };
  const logHash = '';
  const isCut = Number.isFinite(untilNs);
  return { inputs: inputs.filter(({ timeNs }) => timeNs <= untilNs), end: isCut ? { endNs: untilNs, logHash } : end };
}
