// The guests that a run of all tests needs. A run of some files does without this file: what it imports takes longer than such a run needs to start.

import type { WantedGuest } from '../../host/tools/compile.ts';
import { canaries } from '../prove/canaries/canaries.ts';
import { withFewerChecks } from './boot/first-checks.ts';
import { guestsNamedIn } from './named-guests.ts';
import { repositoryFiles } from './tidy/sources.ts';

export function guestsOfAll(): WantedGuest[] {
  const sources = repositoryFiles().filter(({ path }) => path.endsWith('.ts'));
  return [
    // What takes longest comes first.
    ...guestsNamedIn(["'firmware/main.ts'", ...sources.map(({ text }) => text)]),
    ...canaries.map(({ breaks, changes }) => ({
      entry: breaks === 'firmware' ? 'firmware/main.ts' : 'bootloader/main.ts',
      options: { changes },
    })),
    ...withFewerChecks,
  ];
}
