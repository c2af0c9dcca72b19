// Fridges by name or by file: presets are YAML beside the physics they describe, anything else is a path.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Fridge } from '../plant/cryostat/fridge.ts';
import { parseFridge } from '../plant/cryostat/fridge-file.ts';

export const presets = ['uts', 'xld', 'stand'] as const;

/** Throws FridgeError for a file that says something wrong, and what `read` throws for one that cannot be read. */
export function openFridge(nameOrPath: string, read = readText): Fridge {
  const url = new URL(`../plant/cryostat/presets/${nameOrPath}.yaml`, import.meta.url);
  const path = isPreset(nameOrPath) ? fileURLToPath(url) : nameOrPath;
  return parseFridge(read(path), isPreset(nameOrPath) ? `${nameOrPath}.yaml` : path);
}

/** The text of a fridge's file; undefined for a preset. A recording keeps it: the file may be another one, or gone, when the run is repeated. */
export function textOfFridge(nameOrPath: string, read = readText): string | undefined {
  return isPreset(nameOrPath) ? undefined : read(nameOrPath);
}

const isPreset = (name: string): boolean => (presets as readonly string[]).includes(name);

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Error(`fridge '${path}': expected ${presets.join(', ')} or a file that can be read (${code})`, { cause });
  }
}
