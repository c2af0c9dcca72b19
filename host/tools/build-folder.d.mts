// Types of build-folder.mjs, which is plain JavaScript so that it runs before anything is compiled.

export class BuildFolderError extends Error {}
export function buildFolderOf(root?: string, environment?: NodeJS.ProcessEnv): string;
export function isPackage(root?: string): boolean;
export function writeWhole(path: string, contents: Uint8Array | string, options?: { mode?: number; keep?: boolean }): void;
