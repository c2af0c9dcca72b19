// Readout chains by name or by file: presets are YAML beside the physics they describe, anything else is a path.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ReadoutChain } from '../../plant/readout/chain-data.ts';
import { parseReadout } from '../../plant/readout/chain-file.ts';

export const readoutPresets = ['uts', 'xld', 'stand', 'hemt-only', 'rack-twpa', 'front-end'] as const;

/** Throws FridgeError for a file that says something wrong, and what `read` throws for one that cannot be read. */
export function openReadout(nameOrPath: string, read = (path: string) => readFileSync(path, 'utf8')): ReadoutChain {
  const isPreset = (readoutPresets as readonly string[]).includes(nameOrPath);
  const url = new URL(`../../plant/readout/presets/${nameOrPath}.yaml`, import.meta.url);
  const path = isPreset ? fileURLToPath(url) : nameOrPath;
  return parseReadout(read(path), isPreset ? `${nameOrPath}.yaml` : path);
}

/** The usual chain of a fridge: the preset of its name; for a fridge of one's own that of `uts`, or of `stand` without a dilution unit. */
export function usualReadout(fridge: { name: string; dilution: unknown }): string {
  if ((readoutPresets as readonly string[]).includes(fridge.name)) return fridge.name;
  return fridge.dilution === undefined ? 'stand' : 'uts';
}
