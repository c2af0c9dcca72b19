// The types of bundle.mjs.

/** The address of an up-to-date bundle of cli/main.ts, made when there is none. `root` is the repository's folder. */
export function bundledMain(root?: string): Promise<string>;
