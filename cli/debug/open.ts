// Opens a recording for the debugger, with the source maps of the firmware that is found around it.

import { dirname } from 'node:path';
import { Debugger } from '../../hil/debug/debugger.ts';
import type { OpenRun } from '../../hil/debug/recorded-run.ts';
import type { PlacesOf } from '../../hil/rig/coverage.ts';
import { OtherRun } from '../../hil/rig/scenario/recorded-board.ts';
import { placesIn } from '../../host/tools/coverage/find-map.ts';
import { SourceMapError } from '../../host/tools/source-place.ts';
import { Failure } from '../failure.ts';
import { signalsHeard } from '../interruption.ts';
import { type OpenOptions, openRecording, type Recording } from '../replay/open.ts';

export interface OpenedDebugger {
  debug: Debugger;
  recording: Recording;
  /** Ends the move that is going on. */
  interrupt(): void;
  /** What came when the last move was at its end anyway does not end the next one. */
  beginMove(): void;
}

export type DebugOptions = Omit<OpenOptions, 'calls'>;

/** Opens a recording as often as it is asked to; `onOpen` is told what it is. */
export const runOf =
  (path: string, options: DebugOptions, onOpen: (recording: Recording) => void = () => {}): OpenRun =>
  async (witness) => {
    const recording = await openRecording(path, { ...options, calls: witness });
    onOpen(recording);
    const { board, zeroNs, acts, end } = recording;
    return { board, zeroNs, acts, end };
  };

/** Source maps of firmware of one's own, from where `coldrig build` has put them, or where the image is. */
export function mapsAround({ image }: DebugOptions): PlacesOf {
  const folders = [...(image === undefined ? [] : [dirname(image)]), 'build', '.'];
  return (module) => placesIn([...new Set(folders)], module);
}

export async function openDebugger(path: string, options: DebugOptions): Promise<OpenedDebugger> {
  let recording: Recording | undefined;
  let isInterrupted = false;
  const turn = async () => {
    await signalsHeard();
    const ends = isInterrupted;
    isInterrupted = false;
    return ends;
  };
  try {
    const openRun = runOf(path, options, (opened) => {
      recording = opened;
    });
    const debug = await Debugger.open(openRun, { placesOf: mapsAround(options), turn });
    const interrupt = () => {
      isInterrupted = true;
    };
    const beginMove = () => {
      isInterrupted = false;
    };
    return { debug, recording: recording as Recording, interrupt, beginMove };
  } catch (error) {
    if (error instanceof SourceMapError) throw new Failure('SOURCE_MAP', error.message, { cause: error });
    if (error instanceof OtherRun)
      throw new Failure('OTHER_RUN', `${path}: ${error.message}; was it recorded with another version of coldrig?`);
    throw error;
  }
}
