// What a browser asks the embedded gateway for, beside data: the files of the page, and the runbooks.
//
// In the repository the files are made when they are first asked for; the package has them made.

import { existsSync, readFileSync } from 'node:fs';
import { isRunbook, runbookHtml, runbookSource, titleOf } from '../../tools/runbooks.ts';
import type { Answer, Page } from '../metrics/api.ts';
import { pageOfRunbook } from './board.ts';

/** Names of the files, with their types. */
export const pageFiles: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'runbook.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'uplot-licence.txt': 'text/plain; charset=utf-8',
};

const source = new URL('./build.ts', import.meta.url);
const packed = new URL('../../../dist/page/', import.meta.url);

let made: Promise<Record<string, string>> | undefined;

const filesOfPage = (): Promise<Record<string, string>> => {
  made ??= existsSync(source)
    ? import('./build.ts').then(({ buildPage }) => buildPage())
    : Promise.resolve(
        Object.fromEntries(Object.keys(pageFiles).map((name) => [name, readFileSync(new URL(name, packed), 'utf8')])),
      );
  return made;
};

export const gatewayPage: Page = async (path): Promise<Answer | undefined> => {
  const runbook = /^\/runbooks\/([a-z0-9-]+)$/.exec(path)?.[1];
  if (runbook !== undefined && isRunbook(runbook))
    return { status: 200, type: pageFiles['index.html'], body: runbookPage(runbookSource(runbook)) };
  const name = path === '/' ? 'index.html' : path.slice(1);
  if (!Object.hasOwn(pageFiles, name)) return undefined;
  return { status: 200, type: pageFiles[name], body: (await filesOfPage())[name] };
};

const runbookPage = (text: string): string => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>${titleOf(text)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script type="module" src="/runbook.js"></script></head>
<body><nav aria-label="Boards"><a href="/">Boards</a></nav><main class="runbook">
${runbookHtml(text, pageOfRunbook)}
</main></body>
</html>
`;
