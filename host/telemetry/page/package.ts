// Makes dist/page/, the page of the embedded gateway as a browser asks for it. `make package` runs it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../tools/guest.ts';
import { buildPage } from './build.ts';

const folder = join(repositoryRoot, 'dist', 'page');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(await buildPage())) writeFileSync(join(folder, name), text);
