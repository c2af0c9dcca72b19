// Problems by name or by file: presets are YAML beside the planner, anything else is a path.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { MuxProblem } from './problem.ts';
import { parseProblem } from './problem-file.ts';

export const muxPresets = ['cells-96', 'readout-tdm', 'readout-fdm'] as const;

/** Throws FridgeError of host/plant for a file that says something wrong, and the system's error for one that cannot be read. */
export function openProblem(nameOrPath: string): MuxProblem {
  const isPreset = (muxPresets as readonly string[]).includes(nameOrPath);
  const path = isPreset ? fileURLToPath(new URL(`presets/${nameOrPath}.yaml`, import.meta.url)) : nameOrPath;
  return parseProblem(readFileSync(path, 'utf8'), isPreset ? `${nameOrPath}.yaml` : path);
}
