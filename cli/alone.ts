// A file or a folder that is read, changed and written back: by one command at a time, or one of two would undo what the other has said is done.

import { setTimeout as rest } from 'node:timers/promises';
import { takeLock } from '../host/tools/once.ts';
import { Failure } from './failure.ts';

const lookAgainMs = 50;
const looksMost = 1200;

/** Waits while another command has the lock at this path; it ends with its process, and nothing of it stays. */
export async function alone<Answer>(lock: string, what: string, work: () => Answer): Promise<Answer> {
  for (let looks = 0; looks < looksMost; looks++) {
    const giveBack = takeLock(lock);
    if (giveBack === undefined) {
      await rest(lookAgainMs);
      continue;
    }
    try {
      return work();
    } finally {
      giveBack();
    }
  }
  throw new Failure('BUSY', `${what} is being changed by another command; end that one, then try again`);
}
