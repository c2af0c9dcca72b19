// The CI files of a new project, read by the linters other people wrote: `make lint-ci`.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { builtTool, pathTool } from './install.ts';
import { runClient } from './run-client.ts';

const template = join(repositoryRoot, 'cli', 'new', 'template');
const actionlint = await builtTool('actionlint');
const hadolint = pathTool('hadolint');
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-ci-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe(`GitHub Actions, ${actionlint.missing ?? 'by actionlint'}`, () => {
  test.skipIf(actionlint.path === undefined)('finds nothing in the workflow', async () => {
    expect(await runClient(actionlint.path as string, [join(template, 'github-test.yml')])).toBe('');
  });

  test.skipIf(actionlint.path === undefined)('finds a key that there is not', async () => {
    const broken = join(folder, 'broken.yml');
    writeFileSync(broken, readFileSync(join(template, 'github-test.yml'), 'utf8').replace('runs-on', 'run-on'));
    await expect(runClient(actionlint.path as string, [broken])).rejects.toThrow(/run-on/);
  });
});

describe(`the Containerfile, ${hadolint.missing ?? 'by hadolint'}`, () => {
  test.skipIf(hadolint.path === undefined)('is as it should be', async () => {
    // DL3008: the version of make does not matter.
    const said = await runClient(hadolint.path as string, ['--ignore', 'DL3008', join(template, 'Containerfile')]);
    expect(said).toBe('');
  });
});
