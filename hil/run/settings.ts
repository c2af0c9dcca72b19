// How `coldrig hil` tells its settings to the processes that run scenarios: one variable of the environment, with paths in place of bytes.
//
// Without the variable, as under a plain `vitest run`, everything has its default.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { developmentKey } from '../../host/tools/build.ts';
import { readPublicKey } from '../../host/tools/image/index.ts';
import type { RigSettings } from '../rig/scenario/settings.ts';

/** Folders of scenarios, the first that exists in the project is taken; in it, every file whose name ends so. */
export const scenarioFolders = ['scenarios', 'hil/scenarios'] as const;
export const scenarioEnding = '.scenario.ts';

export const settingsVariable = 'COLDRIG_HIL';

export interface RunSettings {
  /** Only scenarios with this in their name or in the path of their file. */
  pattern?: string;
  /** Only this share of the scenarios. */
  shard?: { number: number; of: number };
  seed?: number;
  /** Paths. */
  image?: string;
  /** Key of the image; with its private part, new versions of the image can be made. */
  key?: string;
  bootloader?: string;
  target?: string;
  choices?: number[];
  effort?: number;
  /** Folder for the coverage of each process, where coverage is asked for. */
  coverage?: string;
  /** Keeps what each run was like, for a report. */
  chronicle?: boolean;
  /** Folder for what failures leave; build/hil in the working folder when left out. */
  out?: string;
}

let read: { run: RunSettings; rig: RigSettings } | undefined;

/** The settings of this process. */
export function settingsOfProcess(): { run: RunSettings; rig: RigSettings } {
  read ??= readSettings(JSON.parse(process.env[settingsVariable] ?? '{}'));
  return read;
}

function readSettings(run: RunSettings): { run: RunSettings; rig: RigSettings } {
  const { seed, image, key, bootloader, target, choices, effort, chronicle } = run;
  const pem = key === undefined ? undefined : readFileSync(key, 'utf8');
  const isPrivate = pem?.includes('PRIVATE') ?? false;
  // A device of ours trusts the development key unless it was given another one.
  const privateKeyPem = isPrivate ? pem : target !== undefined && pem === undefined ? developmentKey() : undefined;
  return {
    run,
    rig: {
      ...{ seed, target, choices, effort, chronicle, privateKeyPem },
      image: image === undefined ? undefined : readFileSync(image),
      bootloader: bootloader === undefined ? undefined : readFileSync(bootloader),
      publicKey: pem === undefined ? undefined : readPublicKey(pem, { name: `the key ${key}` }),
    },
  };
}

/** The folder for what failures leave. */
export const outFolder = ({ out }: RunSettings): string => out ?? join('build', 'hil');

/** Whether vitest was told to end the run, as at Ctrl-C. The class crosses processes by its name alone. */
export const isInterruption = (error: unknown): boolean => (error as Error | undefined)?.name === 'TestRunAbortError';
