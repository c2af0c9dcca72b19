// A snapshot of the state of a fleet, so that a start reads what has happened since, and not everything that ever has.
//
//   'coldrig fleet state\n' | SHA-256 of all behind it | form of the state, position, hash of the event before it, state
//
// What must stay true: the log is the truth. A snapshot is used only when it is whole, of this form, and made of this very log; in every other case the log is
// read from its beginning, and the state is the same. There is the old snapshot or the new one, never half of one.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { LogDisk } from '../../telemetry/log/disk.ts';
import { writeWhole } from '../../telemetry/log/segments.ts';
import { type FleetState, stateForm } from '../rollout/state.ts';

/** What is behind the hash, as Node's structured clone has it, which keeps maps and sets, and which later versions of Node read. */
interface Body {
  form: number;
  /** How many events of the log the state is made of. */
  position: number;
  /** SHA-256 of the last of them, as it is in the log. */
  last: string;
  state: FleetState;
}

export type Snapshot = Omit<Body, 'form'>;

const magic = Buffer.from('coldrig fleet state\n');
const hashBytes = 32;
const pathIn = (folder: string) => join(folder, 'state.snapshot');

export const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Made at once: the state may change afterwards. */
export function encodeSnapshot(snapshot: Snapshot): Uint8Array {
  const body = serialize({ form: stateForm, ...snapshot } satisfies Body);
  return Buffer.concat([magic, createHash('sha256').update(body).digest(), body]);
}

/** Throws the system's errors. */
export function writeSnapshot(disk: LogDisk, folder: string, bytes: Uint8Array): void {
  // What a kill leaves of it, the log removes when it is opened.
  writeWhole(disk, pathIn(folder), bytes);
}

/** A text: why it cannot be used. Undefined: there is none, or it is of another form. */
export function readSnapshot(disk: LogDisk, folder: string): Snapshot | string | undefined {
  const path = pathIn(folder);
  let bytes: Uint8Array;
  try {
    bytes = disk.read(path, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : `${path}: ${(error as Error).message}`;
  }
  const start = magic.length + hashBytes;
  const body = bytes.subarray(start);
  const isWhole =
    bytes.length > start &&
    Buffer.from(magic).equals(bytes.subarray(0, magic.length)) &&
    createHash('sha256').update(body).digest().equals(bytes.subarray(magic.length, start));
  if (!isWhole) return `${path} is damaged`;
  try {
    const { form, ...snapshot } = deserialize(body) as Body;
    return form === stateForm ? snapshot : undefined;
  } catch (error) {
    // Written by a newer Node, for one.
    return `${path} cannot be read: ${(error as Error).message}`;
  }
}
