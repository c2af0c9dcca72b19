// Writes everything that follows from the descriptions. Run: npx tsx protocol/generate.ts
// Nothing here decides anything; protocol/generate.test.ts compares the files with what this would write.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generate/files.ts';

const protocolFolder = dirname(fileURLToPath(import.meta.url));

for (const [name, text] of Object.entries(generatedFiles())) {
  const path = join(protocolFolder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  console.log(`wrote ${join('protocol', name)}`);
}
