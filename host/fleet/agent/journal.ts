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

export class AgentJournal {
  private readonly path: string;
  private entry: JournalEntry | undefined;

  /** Throws where the file is there and is none of a journal. */
  constructor(path: string) {
    this.path = path;
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    try {
      this.entry = JSON.parse(text);
    } catch {
      throw new Error(`the journal ${path} cannot be read; move it away when no update of its device is under way`);
    }
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
