// `--profile FILE`: where the cycles went, for speedscope.app, and a table of the longest run of each task.

import { speedscopeOf } from '../hil/rig/profile.ts';
import type { CallProfile } from '../host/tools/profile/call-profile.ts';
import { type PathStep, type WorstCase, worstCases } from '../host/tools/profile/worst.ts';
import { placesFor } from './coverage.ts';
import { writeOutput } from './files.ts';
import { table } from './terminal.ts';
import { counted, momentText, spanText } from './words.ts';

export interface WrittenProfile {
  /** In words. */
  text: string;
  worst: WorstCase[];
}

/** `image`: the file that slot A was made from, when it is not ours. */
export async function writeProfile(
  profile: CallProfile,
  path: string,
  image: string | undefined,
): Promise<WrittenProfile> {
  const file = await speedscopeOf(profile, 'coldrig run', (module) => placesFor(image, module));
  writeOutput(path, `${JSON.stringify(file)}\n`, 'the profile');
  const worst = worstCases(profile.modules);
  return { text: `${worstText(worst)}\n\nprofile in ${path}: open it in speedscope.app`, worst };
}

/** What a function is called in the table: without the folders, which most have in common. */
const shortName = (name: string): string => name.split('/').slice(-2).join('/');

function worstText(worst: WorstCase[]): string {
  const rows = worst.map(({ module, task, runs, cycles, timeNs, stallNs, startNs, cut }) => [
    `${module} ${task}`,
    `${runs}`,
    `${cycles}`,
    spanText(timeNs),
    stallNs > 0 ? spanText(stallNs) : '',
    `${momentText(startNs)}${cut ? ', cut by a fault or reset' : ''}`,
  ]);
  const head = ['task', 'runs', 'cycles', 'longest', 'of it stalls', 'at'];
  const paths = worst
    .map(({ module, task, path }) => [`${module} ${task}`, path.slice(1).map(stepText).join(' > ')])
    .filter(([, path]) => path !== '');
  return [table([head, ...rows]), ...(paths.length > 0 ? ['', 'what took it:', table(paths)] : [])].join('\n');
}

const stepText = ({ function: name, calls, cycles }: PathStep): string =>
  `${shortName(name)} ${cycles}${calls === 1 ? '' : ` in ${counted(calls, 'call')}`}`;
