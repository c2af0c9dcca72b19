// failure.coldrig: one file from which another process repeats a failed run, without the scenario's script.
//
//   gzip of CBOR {coldrig: 'failure', version: 1, by, scenario, message, failedNs, beganNs, seed, fridge, fridgeText, choices, images, start, inputs, end}
//
//   by      the version of coldrig that wrote it: another one may have another board
//   start   the board's state when the scenario began (host/board/snapshot.ts): flash with its images, RAM, registers, physics
//   inputs  what was done to it, with times (recorded-board.ts); uploaded images are in the bytes that were sent
//   end     where the run stood when it failed, and the hash of its log there
//
// What must stay true: the file alone is enough. Reading checks its form, because a file comes from anywhere.

import { gunzipSync, gzipSync } from 'node:zlib';
import { Encoder } from 'cbor-x';
import packageFile from '../../../package.json' with { type: 'json' };
import type { RecordedInput, Standing } from './recorded-board.ts';

const FORMAT = 'failure';
const VERSION = 1;
/** A whole state of a board has four megabytes; a file that unpacks to more than this is none of ours. */
const UNPACKED_MOST = 256 * 1024 * 1024;
const codec = new Encoder({ useRecords: false, tagUint8Array: false, mapsAsObjects: true });

export interface FailureFile {
  /** The version of coldrig that wrote it; a file that is to be written has none yet. */
  by?: string;
  scenario: string;
  /** The error, with what was expected and what was seen. */
  message: string;
  /** When it failed and when the scenario began, on the board's clock. */
  failedNs: number;
  beganNs: number;
  seed: number;
  /** Name of the fridge, and its file where it is no preset. */
  fridge?: string;
  fridgeText?: string;
  choices: number[];
  /** The images in the slots at the beginning. */
  images: { slot: string; version: string; sha256: string; bytes: number }[];
  start: Uint8Array;
  inputs: RecordedInput[];
  end: Standing;
}

export class FailureFileError extends Error {}

export function encodeFailure(failure: FailureFile): Uint8Array {
  return gzipSync(codec.encode({ coldrig: FORMAT, version: VERSION, ...failure, by: packageFile.version }));
}

/** Whether bytes begin like a failure file: another kind of recording is text. */
export const looksLikeFailure = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** For a file that was read, but whose board cannot be set up here: what to do about it. */
export function otherBoardText({ by = 'an older version' }: FailureFile, why: string): string {
  const other = by === packageFile.version ? 'another build of this version' : `coldrig ${by}`;
  return `it was written by ${other}, whose board is not the one of coldrig ${packageFile.version} here (${why}); repeat it with the coldrig that wrote it, or run the scenario again`;
}

/** Throws a `FailureFileError` that names the file and what is wrong with it. */
export function decodeFailure(bytes: Uint8Array, name: string): FailureFile {
  let value: Partial<FailureFile> & { coldrig?: string; version?: number };
  try {
    value = codec.decode(gunzipSync(bytes, { maxOutputLength: UNPACKED_MOST }));
  } catch (error) {
    throw new FailureFileError(
      `${name}: it is damaged or no failure file (${(error as Error).message}); run the scenario again`,
    );
  }
  if (value?.coldrig !== FORMAT || value.version !== VERSION)
    throw new FailureFileError(
      `${name}: not a failure file of version ${VERSION}; 'coldrig hil' of this version writes one for each failure`,
    );
  const lacks = wrongParts(value);
  if (lacks.length > 0)
    throw new FailureFileError(
      `${name}: it lacks ${lacks.join(', ')}, or has it in a wrong form; run the scenario again`,
    );
  const { coldrig: _, version: __, ...file } = value;
  return file as FailureFile;
}

const isTime = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= -1;
const isInput = (value: unknown): boolean => {
  const { runToNs, timeNs, input } = (value ?? {}) as Partial<RecordedInput>;
  return isTime(runToNs) && isTime(timeNs) && typeof input?.does === 'string';
};

function wrongParts(file: Partial<FailureFile>): string[] {
  const { scenario, message, failedNs, beganNs, seed, choices, images, start, inputs, end } = file;
  const good: Record<string, boolean> = {
    ...{ scenario: typeof scenario === 'string', message: typeof message === 'string' },
    ...{ failedNs: isTime(failedNs), beganNs: isTime(beganNs), seed: Number.isSafeInteger(seed) },
    ...{ choices: Array.isArray(choices), images: Array.isArray(images), start: start instanceof Uint8Array },
    inputs: Array.isArray(inputs) && inputs.every(isInput),
    end: isTime(end?.runToNs) && isTime(end?.timeNs) && typeof end?.logHash === 'string',
  };
  return Object.keys(good).filter((part) => !good[part]);
}
