// Opens a recording for the debugger, with the source maps of the firmware that is found around it.

import { dirname } from 'node:path';
import { Debugger } from '../../hil/debug/debugger.ts';
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
}

export type DebugOptions = Omit<OpenOptions, 'calls'>;

export async function openDebugger(path: string, options: DebugOptions): Promise<OpenedDebugger> {
  let recording: Recording | undefined;
  let isInterrupted = false;
  const folders = [...(options.image === undefined ? [] : [dirname(options.image)]), 'build', '.'];
  const turn = async () => {
    await signalsHeard();
    const ends = isInterrupted;
    isInterrupted = false;
    return ends;
  };
  try {
    const debug = await Debugger.open(
      async (witness) => {
        recording = await openRecording(path, { ...options, calls: witness });
        const { board, zeroNs, acts, end } = recording;
        return { board, zeroNs, acts, end };
      },
      { placesOf: (module) => placesIn([...new Set(folders)], module), turn },
    );
    const interrupt = () => {
      isInterrupted = true;
    };
    return { debug, recording: recording as Recording, interrupt };
  } catch (error) {
    if (error instanceof SourceMapError) throw new Failure('SOURCE_MAP', error.message, { cause: error });
    if (error instanceof OtherRun)
      throw new Failure('OTHER_RUN', `${path}: ${error.message}; was it recorded with another version of coldrig?`);
    throw error;
  }
}
