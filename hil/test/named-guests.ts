// The guests that test files name.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { WantedGuest } from '../../host/tools/compile.ts';
import { repositoryRoot } from '../../host/tools/guest.ts';

const entryName =
  /'((?:protocol\/guest|bootloader|firmware)\/(?:main|[\w/-]+\/main|defects\/[\w-]+|[\w/-]+\.entry)\.ts)'(?!, \{ changes)/g;
const argumentOfCompiler = /\b(?:compile|instantiate)(?:Guest|Firmware)\b[^';]{0,120}'([\w./-]+\.ts)'(?!, \{ changes)/g;

/**
 * Guests whose entry stands in one of the texts: called like an entry, or an argument of what compiles guests. One that is named to be compiled
 * with changes is another guest, and its test compiles that.
 */
export function guestsNamedIn(texts: string[]): WantedGuest[] {
  const entries = texts.flatMap((text) =>
    [...text.matchAll(entryName), ...text.matchAll(argumentOfCompiler)].map(([, entry]) => entry),
  );
  return [...new Set(entries)].filter((entry) => existsSync(join(repositoryRoot, entry))).map((entry) => ({ entry }));
}
