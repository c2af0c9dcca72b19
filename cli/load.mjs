// Loads the command's code: from its bundle, which is fast, or, where no bundle can be made (a read-only folder), from its sources by way
// of tsx.

import { bundledMain } from './bundle.mjs';

export async function loadMain() {
  const url = await bundledMain().catch(() => undefined);
  if (url !== undefined) return (await import(url)).main;
  const { register } = await import('tsx/esm/api');
  register();
  return (await import('./main.ts')).main;
}
