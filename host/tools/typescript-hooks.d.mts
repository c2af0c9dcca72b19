// Types of typescript-hooks.mjs.

export function load(
  url: string,
  context: object,
  next: (url: string, context: object) => Promise<{ source: string }>,
): Promise<{ format: string; source: string }>;
