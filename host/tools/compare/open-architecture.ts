// Architectures by name or by file: presets are YAML in this folder, anything else is a path.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Architecture, parseArchitecture } from './architecture.ts';

export const architecturePresets = ['front-end', 'near-qubit', 'full-cryo', 'modular-rack', 'hybrid'] as const;

/** Throws FridgeError for a file that says something wrong, and what `read` throws for one that cannot be read. */
export function openArchitecture(
  nameOrPath: string,
  read = (path: string) => readFileSync(path, 'utf8'),
): Architecture {
  const isPreset = (architecturePresets as readonly string[]).includes(nameOrPath);
  const path = isPreset ? fileURLToPath(new URL(`presets/${nameOrPath}.yaml`, import.meta.url)) : nameOrPath;
  return parseArchitecture(read(path), isPreset ? `${nameOrPath}.yaml` : path);
}
