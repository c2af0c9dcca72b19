// Before the first test: every guest that the selected tests name is compiled, in processes of their own, so that no test waits for a compiler and none
// is started in the processes that test.
//
// A run of everything also reads the helpers of tests, and compiles the bootloaders broken on purpose; a run of some files compiles what
// they name themselves. What this misses is compiled when a test asks for it.

import { readFileSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { compileGuests } from '../../host/tools/compile.ts';
import { guestsNamedIn } from './named-guests.ts';

export default async function setup(project: TestProject): Promise<void> {
  const selected = project.vitest.state.getPaths();
  const { testFiles } = await project.globTestFiles();
  const isEverything = testFiles.every((path) => selected.includes(path));
  const guests = isEverything
    ? (await import('./all-guests.ts')).guestsOfAll()
    : guestsNamedIn(selected.map((path) => readFileSync(path, 'utf8')));
  // The test that needs the guest will say what is wrong with it.
  await compileGuests(guests).catch(({ message }) => console.error(`not compiled before the tests: ${message}`));
}
