// Writes everything that follows from the descriptions. Run: npx tsx protocol/generate.ts
//
// Nothing here decides anything; protocol/generate.test.ts compares the files with what this would write. What must stay true: every file is
// written before anything is printed, so that a reader who closes the pipe early (`| head`) does not end the program half-way.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generate/files.ts';

const protocolFolder = dirname(fileURLToPath(import.meta.url));

const files = Object.entries(generatedFiles());
for (const [name, text] of files) {
  const path = join(protocolFolder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});
for (const [name] of files) console.log(`wrote ${join('protocol', name)}`);
