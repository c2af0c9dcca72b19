// `coldrig new`: what it makes, and what it refuses. That the project passes its own tests is tried with the packed package.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coldrig, command } from '../testing.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-new-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('coldrig new', () => {
  it('makes a project with its name in it, and says the next commands', async () => {
    const { json } = await coldrig(['new', 'my board', '--json'], { cwd: folder });
    expect(json).toMatchObject({ ok: true, folder: 'my board', next: ["cd 'my board' && npm install", 'make test'] });
    const project = join(folder, 'my board');
    for (const file of json.files as string[]) expect(existsSync(join(project, file)), file).toBe(true);
    expect(json.files).toEqual(
      expect.arrayContaining([
        '.dockerignore',
        '.github/workflows/test.yml',
        '.gitignore',
        '.gitlab-ci.yml',
        'Containerfile',
        'Makefile',
        'package.json',
      ]),
    );
    expect(JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))).toMatchObject({
      name: 'my-board',
      devDependencies: { coldrig: expect.stringMatching(/^file:/), '@types/node': expect.any(String) },
    });
    expect(readFileSync(join(project, 'firmware/main.ts'), 'utf8')).toContain("startSmp('my-board')");
  });

  it('takes a folder with nothing but a repository in it', async () => {
    mkdirSync(join(folder, 'fresh', '.git'), { recursive: true });
    expect((await coldrig(['new', 'fresh'], { cwd: folder })).code).toBe(0);
  });

  it.skipIf(process.platform === 'win32')('leaves nothing where the disk does not take all of it', async () => {
    const script = 'ulimit -f 2; exec "$@"';
    const call = ['-c', script, '-', process.execPath, command, 'new', 'full/of/it'];
    const { status, stderr } = spawnSync('sh', call, { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(
        /full\/of\/it\/\S+ cannot be written: the file would be larger .*; nothing was made/,
      ),
    });
    expect(existsSync(join(folder, 'full'))).toBe(false);
  });

  it('refuses a folder that is not empty, and a file, and changes nothing', async () => {
    mkdirSync(join(folder, 'used'));
    writeFileSync(join(folder, 'used', 'notes.txt'), '');
    const { code, stderr } = await coldrig(['new', 'used'], { cwd: folder });
    expect([code, stderr.replace(/\s+/g, ' ')]).toEqual([
      1,
      expect.stringMatching(/used is not empty \(it has notes\.txt\); give/),
    ]);
    expect(existsSync(join(folder, 'used', 'Makefile'))).toBe(false);
    expect((await coldrig(['new', 'used/notes.txt'], { cwd: folder })).stderr).toMatch(/is a file/);
  });
});
