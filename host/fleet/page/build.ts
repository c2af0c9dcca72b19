// Makes the files of the page of the fleet: TypeScript and styles in one file each, so that a browser asks nobody but the server.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const app = new URL('./app/', import.meta.url);

/** By name, as a browser asks for them. */
export async function buildFleetPage(): Promise<Record<string, string>> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(app),
    entryPoints: { app: './main.ts', style: './style.css' },
    ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022' },
    ...{ outdir: '/page', write: false, logLevel: 'silent' },
  });
  return {
    'index.html': readFileSync(new URL('index.html', app), 'utf8'),
    ...Object.fromEntries(outputFiles.map(({ path, text }) => [path.replace(/^.*[\\/]/, ''), text])),
  };
}
