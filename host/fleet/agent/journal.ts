// What an agent must remember of the action of a device, in a file that is there whole or not at all.
//
//   (none) ──begin──> begun ──end──> ended ──the server has answered──> told
//
// What must stay true: `begun` is on the disk before the device is touched, and says up to which boot the device had been; so after a crash the boot log of
// the device tells whether the image was tried. `ended` is on the disk before the server is told.

import { readFileSync } from 'node:fs';
import { writeDurably } from '../../links/whole-file.ts';

export interface JournalEntry {
  action: number;
  /** The image, by its hash. */
  hash: string;
  /** Hash of the file that the server offered: one that begins anew gives its old numbers to new actions. */
  file?: string;
  /** Number of the newest boot before the device was touched; undefined: it keeps no boot log. */
  bootBefore?: number;
  /** How it has ended. */
  ended?: { success: boolean; detail: string };
  /** The server has been told the end, and has answered. */
  isTold?: boolean;
}

/** The file is none of a journal; the message says what to do. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
}

export class AgentJournal {
  private readonly path: string;
  private entry: JournalEntry | undefined;

  /** Throws a JournalError where the file is there and is none of a journal. */
  constructor(path: string) {
    this.path = path;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    this.entry = entryIn(text);
    if (this.entry === undefined)
      throw new JournalError(
        `the journal ${path} cannot be read; move it away when no update of its device is under way`,
      );
  }

  /** With `file`: of an action with this file only. */
  of(action: number, file?: string): JournalEntry | undefined {
    const { entry } = this;
    if (entry?.action !== action) return undefined;
    const isOther = file !== undefined && entry.file !== undefined && entry.file !== file;
    return isOther ? undefined : entry;
  }

  /** An end that the server has not answered to. */
  get untold(): JournalEntry | undefined {
    return this.entry?.ended !== undefined && !this.entry.isTold ? this.entry : undefined;
  }

  put(entry: JournalEntry): void {
    writeDurably(this.path, `${JSON.stringify(entry)}\n`, 0o600);
    this.entry = entry;
  }
}

/** Undefined: it is none. What is told to the server has to be of the form that it was written in. */
function entryIn(text: string): JournalEntry | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { action, hash, bootBefore, ended } = Object(value) as Partial<JournalEntry>;
  const isEnd = ended === undefined || (typeof ended?.success === 'boolean' && typeof ended.detail === 'string');
  const isBoot = bootBefore === undefined || typeof bootBefore === 'number';
  const isEntry = typeof action === 'number' && typeof hash === 'string' && isBoot && isEnd;
  return isEntry ? (value as JournalEntry) : undefined;
}
