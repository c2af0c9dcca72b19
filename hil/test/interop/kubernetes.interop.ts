// The manifests in docs/telemetry-kubernetes: against the schemas of Kubernetes, which are in the package of the validator, and put together by kustomize.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { interopFolder, pathTool, pythonTool } from './install.ts';
import { runClient } from './run-client.ts';

const folder = join(repositoryRoot, 'docs/telemetry-kubernetes');
const [validator, kubectl] = [await pythonTool('kubernetes-validate'), pathTool('kubectl')];
if (validator.missing !== undefined) console.log(`no validation of the manifests: ${validator.missing}`);

const manifests = readdirSync(folder).filter((name) => name !== 'kustomization.yaml');
const validate = (file: string) =>
  promisify(execFile)(validator.path as string, ['--strict', '-k', '1.34.1', file]).then(
    ({ stdout, stderr }) => `${stdout}${stderr}`,
    ({ stdout, stderr }) => Promise.reject(new Error(`${stdout}${stderr}`)),
  );

test('kustomization names every manifest', () => {
  const { resources } = parse(readFileSync(join(folder, 'kustomization.yaml'), 'utf8'));
  expect([...resources].sort()).toEqual([...manifests].sort());
});

describe.skipIf(validator.path === undefined)('a manifest, validated strictly,', () => {
  test.each(manifests)('is one of Kubernetes: %s', async (name) => {
    const said = await validate(join(folder, name));
    const kinds = readFileSync(join(folder, name), 'utf8').match(/^kind:/gm) ?? [];
    expect(said.match(/passed for resource/g)).toHaveLength(kinds.length);
  });

  test('is none any more with a mistake', async () => {
    mkdirSync(interopFolder, { recursive: true });
    const place = mkdtempSync(join(interopFolder, 'manifests-'));
    try {
      const text = readFileSync(join(folder, 'ingest.yaml'), 'utf8');
      writeFileSync(join(place, 'ingest.yaml'), text.replace('topologyKey:', 'topologyKeys:'));
      await expect(validate(join(place, 'ingest.yaml'))).rejects.toThrow(
        /did not validate for resource statefulset\/ingest/,
      );
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

test.skipIf(kubectl.path === undefined)('kustomize puts all of them together', async () => {
  const all = await runClient(kubectl.path as string, ['kustomize', folder]);
  const stateful = all.split('\n---\n').filter((one) => /^kind: StatefulSet$/m.test(one));
  expect(stateful.map((one) => /^ {2}name: (.*)$/m.exec(one)?.[1]).sort()).toEqual([
    'gateway',
    'ingest',
    'nats',
    'prometheus',
  ]);
  expect(all).toContain('image: coldrig:0.1.0');
});
