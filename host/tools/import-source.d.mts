// Types of import-source.mjs.

export function importSource(entry: string): Promise<Record<string, unknown>>;
export function builtNameOf(entry: string): string;
