// The types of bundle.mjs.

/** What `entry` (from the repository's root) exports: from a bundle, or by tsx where none can be made. */
export function importSource(entry: string): Promise<Record<string, unknown>>;

/** The address of an up-to-date bundle of `entry`, made when there is none. `root` is the repository's folder. */
export function bundled(entry: string, root?: string): Promise<string>;
