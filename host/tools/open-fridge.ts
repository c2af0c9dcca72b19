// Fridges by name or by file: presets are YAML beside the physics they describe, anything else is a path.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Fridge } from '../plant/cryostat/fridge.ts';
import { parseFridge } from '../plant/cryostat/fridge-file.ts';

export const presets = ['uts', 'xld', 'stand'] as const;

/** Throws FridgeError for a file that says something wrong, and what `read` throws for one that cannot be read. */
export function openFridge(nameOrPath: string, read = (path: string) => readFileSync(path, 'utf8')): Fridge {
  const isPreset = (presets as readonly string[]).includes(nameOrPath);
  const url = new URL(`../plant/cryostat/presets/${nameOrPath}.yaml`, import.meta.url);
  const path = isPreset ? fileURLToPath(url) : nameOrPath;
  return parseFridge(read(path), isPreset ? `${nameOrPath}.yaml` : path);
}
