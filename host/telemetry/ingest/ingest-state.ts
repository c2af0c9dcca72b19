// What an ingester must know to go on after it was killed: how far it is in its stream, which records it had, and where counters are. One file, written whole.
//
// What must stay true: it is on the disk before the position is committed to the stream, and after the store has taken everything up to that position.

import { existsSync, readFileSync } from 'node:fs';
import { Encoder } from 'cbor-x';
import { reasonOf } from '../../links/device-file/error.ts';
import { writeDurably } from '../../links/whole-file.ts';
import { LogError } from '../log/record-log.ts';
import type { SeenData } from '../log/seen.ts';
import type { SeriesState } from './store-series.ts';

export interface IngestState {
  /** Of the last entry that is in the store. */
  position: number;
  seen: SeenData;
  series: SeriesState;
}

const version = 1;
const codec = new Encoder({ useRecords: false });

/** Throws a LogError where the file is none. */
export function readState(path: string): IngestState | undefined {
  if (!existsSync(path)) return undefined;
  let state: (IngestState & { version: number }) | undefined;
  try {
    state = codec.decode(readFileSync(path));
  } catch (error) {
    throw new LogError('LOG', `the state ${path} cannot be read: ${reasonOf(error)}; ${remedy}`, { cause: error });
  }
  if (state?.version !== version)
    throw new LogError('LOG', `the state ${path} is of version ${state?.version}, this is ${version}; ${remedy}`);
  return state;
}

const remedy = 'move it away to take everything that the stream has into the store again';

export function writeState(path: string, state: IngestState): void {
  writeDurably(path, codec.encode({ version, ...state }));
}
