// Before the first test: every guest that the selected tests name is compiled, in threads, so that no test waits for a compiler and none
// is started in the processes that test.
//
// A run of everything also reads the helpers of tests, and compiles the bootloaders broken on purpose; a run of some files compiles what
// they name themselves. What this misses is compiled when a test asks for it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { compileGuests, type WantedGuest } from '../../host/tools/compile.ts';
import { repositoryRoot } from '../../host/tools/guest.ts';
import { canaries } from '../prove/canaries/canaries.ts';
import { repositoryFiles } from './tidy/sources.ts';

export default async function setup(project: TestProject): Promise<void> {
  const selected = project.vitest.state.getPaths();
  const { testFiles } = await project.globTestFiles();
  const isEverything = testFiles.every((path) => selected.includes(path));
  const guests = isEverything ? guestsOfAll() : guestsNamedIn(selected.map((path) => readFileSync(path, 'utf8')));
  // The test that needs the guest will say what is wrong with it.
  await compileGuests(guests).catch(({ message }) => console.error(`not compiled before the tests: ${message}`));
}

export function guestsOfAll(): WantedGuest[] {
  const sources = repositoryFiles().filter(({ path }) => path.endsWith('.ts'));
  return [
    // What takes longest comes first.
    ...guestsNamedIn(["'firmware/main.ts'", ...sources.map(({ text }) => text)]),
    ...canaries.map(({ breaks, changes }) => ({
      entry: breaks === 'firmware' ? 'firmware/main.ts' : 'bootloader/main.ts',
      options: { changes },
    })),
  ];
}

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
