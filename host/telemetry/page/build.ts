// Makes the files of the page: TypeScript and styles in one file each, with uPlot inside, so that a browser asks nobody but the gateway.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const app = new URL('./app/', import.meta.url);
const licence = new URL('../../../node_modules/uplot/LICENSE', import.meta.url);

/** By name, as a browser asks for them. */
export async function buildPage(): Promise<Record<string, string>> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({
    absWorkingDir: fileURLToPath(app),
    entryPoints: { app: './main.ts', runbook: './runbook.ts', style: './style.css' },
    ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', legalComments: 'eof' },
    ...{ outdir: '/page', write: false, logLevel: 'silent' },
  });
  return {
    'index.html': readFileSync(new URL('index.html', app), 'utf8'),
    ...Object.fromEntries(outputFiles.map(({ path, text }) => [path.replace(/^.*[\\/]/, ''), text])),
    'uplot-licence.txt': readFileSync(licence, 'utf8'),
  };
}
