// The Indexed Job in docs/ against the schemas of Kubernetes, which are in the package of the validator.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { interopFolder, pythonTool } from '../interop/install.ts';
import { jobFile } from './job.ts';

const tool = await pythonTool('kubernetes-validate');
if (tool.path === undefined) console.log(`no validation of the job: ${tool.missing}`);

const validate = (file: string) =>
  promisify(execFile)(tool.path as string, ['--strict', '-k', '1.34.1', file]).then(
    ({ stdout, stderr }) => `${stdout}${stderr}`,
    ({ stdout, stderr }) => Promise.reject(new Error(`${stdout}${stderr}`)),
  );

describe.skipIf(tool.path === undefined)('the job, validated strictly,', () => {
  test('is one of Kubernetes', async () => {
    expect(await validate(jobFile)).toMatch(/passed for resource job\/coldrig-power/);
  });

  test.each([
    ['completionMode: Indexed', 'completionModes: Indexed'],
    ['completions: 8', 'completions: eight'],
    ['      containers:', '      container:'],
  ])('is none any more with a mistake in "%s"', async (right, wrong) => {
    mkdirSync(interopFolder, { recursive: true });
    const folder = mkdtempSync(join(interopFolder, 'job-'));
    try {
      const text = readFileSync(jobFile, 'utf8');
      expect(text).toContain(right);
      writeFileSync(join(folder, 'job.yaml'), text.replace(right, wrong));
      await expect(validate(join(folder, 'job.yaml'))).rejects.toThrow(
        /did not validate for resource job\/coldrig-power/,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
