// Writes bootloader/crypto/generated: npx tsx bootloader/crypto/generate/generate.ts
// This folder is host TypeScript. What it writes is kept in the repository, so that what is compiled can be read, and
// generate.test.ts holds it to this.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { renderCurve } from './render-curve.ts';
import { renderSha2Constants, renderSha256Compress } from './render-sha2.ts';

export const generatedFolder = join(dirname(fileURLToPath(import.meta.url)), '..', 'generated');

/** File name in generated/ -> the text it must have. */
export function generatedFiles(): Record<string, string> {
  return {
    'curve.ts': renderCurve(),
    'sha2-constants.ts': renderSha2Constants(),
    'sha256-compress.ts': renderSha256Compress(),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(generatedFolder, { recursive: true });
  for (const [name, text] of Object.entries(generatedFiles())) writeFileSync(join(generatedFolder, name), text);
}
