// The guests that a run of all tests needs. A run of some files does without this file: what it imports takes longer than such a run needs to start.

import type { WantedGuest } from '../../host/tools/compile.ts';
import type { SourceChange } from '../../host/tools/guest.ts';
import { multiplexerSource } from '../../host/tools/sequencer.ts';
import { canaries } from '../prove/canaries/canaries.ts';
import { withFewerChecks } from './boot/first-checks.ts';
import { brokenOwners } from './cryo/broken-owners.ts';
import { servesWithoutLimit } from './hostile/serves-without-limit.ts';
import { calmCanaries, lateCanaries } from './multiplexer/canaries.ts';
import { guestsNamedIn } from './named-guests.ts';
import { repositoryFiles } from './tidy/sources.ts';

export function guestsOfAll(): WantedGuest[] {
  const sources = repositoryFiles().filter(({ path }) => path.endsWith('.ts'));
  return [
    // What takes longest comes first.
    ...guestsNamedIn(["'firmware/main.ts'", ...sources.map(({ text }) => text)]),
    ...canaries.map(({ breaks, changes }) =>
      changed(breaks === 'firmware' ? 'firmware/main.ts' : 'bootloader/main.ts', changes),
    ),
    // A glitch needs a bootloader that is small.
    ...[...brokenFor('glitch'), brokenFor('power')[0]].map(({ changes }) =>
      changed('bootloader/main.ts', changes, true),
    ),
    ...withFewerChecks,
    ...[...brokenOwners.map(({ change }) => change), servesWithoutLimit].map((change) =>
      changed('firmware/main.ts', [change]),
    ),
    ...lateCanaries.map(([, changes]) => changed(multiplexerSource, changes)),
    ...calmCanaries.map(([, change]) => changed(multiplexerSource, [change])),
  ];
}

/** Bootloaders that this proof catches; glitch.test.ts takes the first of another proof. */
const brokenFor = (proof: string) =>
  canaries.filter(({ breaks, caughtBy }) => breaks !== 'firmware' && caughtBy.proof === proof);

const changed = (entry: string, changes: SourceChange[], small?: boolean): WantedGuest => ({
  entry,
  options: { changes, small },
});
