// Writes rules, dashboards and docs/objectives.md from the tables in protocol/telemetry. Run: make generate
//
// files.test.ts compares the files with what this would write.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repositoryRoot } from '../../tools/guest.ts';
import { committedFiles } from './files.ts';

for (const [name, text] of Object.entries(committedFiles())) {
  const path = join(repositoryRoot, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
