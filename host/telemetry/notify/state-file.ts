// What was told and what is still to be told, as one file beside the log, so that a restart of the gateway loses nothing and tells nothing twice.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../../links/device-file/error.ts';
import { writeDurably } from '../../links/whole-file.ts';
import { LogError } from '../log/record-log.ts';
import type { NotifyState } from './delivery.ts';

const version = 1;
const remedy = 'move it away: what fires is told again';

export const notifyFile = (folder: string) => join(folder, 'notify.json');

/** Throws a LogError where the file is none. */
export function readNotifyState(folder: string): NotifyState | undefined {
  const path = notifyFile(folder);
  if (!existsSync(path)) return undefined;
  let state: (Partial<NotifyState> & { version?: number }) | null;
  try {
    state = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new LogError('LOG', `${path} cannot be read: ${reasonOf(error)}; ${remedy}`, { cause: error });
  }
  if (state?.version !== version || !Array.isArray(state.queue) || !Array.isArray(state.groups))
    throw new LogError('LOG', `${path} is no list of notifications of version ${version}; ${remedy}`);
  return { queue: state.queue, groups: state.groups };
}

export function writeNotifyState(folder: string, state: NotifyState): void {
  writeDurably(notifyFile(folder), `${JSON.stringify({ version, ...state })}\n`);
}
