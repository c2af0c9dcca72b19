// The types of bundle.mjs.

import type { BuildOptions, Plugin } from 'esbuild';

/** What `entry` (from the repository's root) exports: from a bundle, or by tsx where none can be made. */
export function importSource(entry: string): Promise<Record<string, unknown>>;

/** The address of an up-to-date bundle of `entry`, made when there is none. `root` is the repository's folder. */
export function bundled(entry: string, root?: string): Promise<string>;

/** What is said to esbuild of every bundle. */
export const howToBundle: BuildOptions;

/** A plugin that gives each source its own place. `toRoot` leads from a part of the bundle to the root. */
export function knowsItsPlace(root: string, toRoot?: string, onRead?: (path: string) => void): Plugin;
