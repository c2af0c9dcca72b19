// Makes dist/fleet-page/, the page of the update server as a browser asks for it. `make package` runs it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../tools/guest.ts';
import { buildFleetPage } from './build.ts';

const folder = join(repositoryRoot, 'dist', 'fleet-page');
mkdirSync(folder, { recursive: true });
for (const [name, text] of Object.entries(await buildFleetPage())) writeFileSync(join(folder, name), text);
