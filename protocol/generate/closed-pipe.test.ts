// The generator run as a program, in a copy of what it reads, with a reader that goes away at once.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedFiles } from './files.ts';

const root = join(import.meta.dirname, '../..');

test('`generate.ts | head` writes every file and ends well', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'generate-'));
  try {
    cpSync(join(root, 'protocol'), join(copy, 'protocol'), { recursive: true });
    cpSync(join(root, 'package.json'), join(copy, 'package.json'));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const files = Object.entries(generatedFiles());
    for (const [name] of files.filter(([name]) => !name.startsWith('..')))
      writeFileSync(join(copy, 'protocol', name), 'stale');
    const program = spawn(process.execPath, ['--import', 'tsx', 'protocol/generate.ts'], { cwd: copy });
    program.stdout.destroy();
    let said = '';
    program.stderr.on('data', (text) => (said += text));
    const [code] = await once(program, 'close');
    expect([code, said]).toEqual([0, '']);
    for (const [name, text] of files) expect(readFileSync(join(copy, 'protocol', name), 'utf8'), name).toBe(text);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
