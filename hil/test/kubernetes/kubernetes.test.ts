// What can be tried of `make k8s-e2e` where its programs are not: what it says then, what it changes of the manifests, and its names.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { answerTo } from './names.ts';
import { images, manifests, namespace, nodeNames, storages, volumePlaces, writeOverlay } from './overlay.ts';
import { findPrograms } from './programs.ts';
import { type Loss, missingOf, wrongOf } from './story.ts';

describe('where something is missing', () => {
  test('one line names it, and where to read on', () => {
    const find = (missing: string) => ({ missing });
    const said = findPrograms({}, () => false, find);
    expect(said).toMatch(
      /^missing are kube-apiserver, kube-controller-manager, .*the network plugins bridge, host-local/,
    );
    expect(said).toContain('COLDRIG_KUBERNETES_BIN');
    expect(`${said}`.split('\n')).toHaveLength(1);
  });
});

interface Document {
  kind: string;
  metadata: { name: string };
  spec?: {
    nodeAffinity?: unknown;
    volumeClaimTemplates?: unknown[];
    replicas?: number;
    template?: { spec: { containers: { image: string }[] } };
  };
}

const documentsIn = (path: string): Document[] =>
  parseAllDocuments(readFileSync(path, 'utf8')).map((one) => one.toJS() as Document);
const stateful = ['gateway', 'ingest', 'nats', 'prometheus']
  .flatMap((name) => documentsIn(join(manifests, `${name}.yaml`)))
  .filter(({ kind }) => kind === 'StatefulSet');

describe('the overlay', () => {
  const written = (storage: (typeof storages)[number]) => {
    const folder = mkdtempSync(join(tmpdir(), 'coldrig-overlay-'));
    try {
      writeOverlay(folder, volumePlaces(storage, '/volumes'), [{ target: 'udp://198.18.0.1:7' }]);
      const [kustomization] = documentsIn(join(folder, 'kustomization.yaml')) as unknown as [
        { images: { name: string }[]; patches: { patch: string }[] },
      ];
      return { kustomization, volumes: documentsIn(join(folder, 'storage.yaml')).slice(1) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  };

  test('names an image of this machine for every container', () => {
    const used = stateful
      .flatMap(({ spec }) => spec?.template?.spec.containers ?? [])
      .map(({ image }) => image.split(':')[0]);
    expect([...new Set(used)].sort()).toEqual(Object.keys(images).sort());
    expect(
      written('one-node')
        .kustomization.images.map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(images).sort());
  });

  test.each(storages)('has a volume for every claim: %s', (storage) => {
    const claims = stateful.reduce(
      (sum, { spec }) => sum + (spec?.replicas ?? 0) * (spec?.volumeClaimTemplates ?? []).length,
      0,
    );
    const { volumes } = written(storage);
    expect(claims).toBe(5);
    for (const node of nodeNames)
      expect(volumes.filter(({ spec }) => JSON.stringify(spec?.nodeAffinity).includes(`"${node}"`))).toHaveLength(
        claims,
      );
    expect(new Set(volumes.map(({ metadata }) => metadata.name)).size).toBe(volumes.length);
  });

  test('gives the gateway the devices of the run', () => {
    const { patches } = written('one-node').kustomization;
    expect(patches.map(({ patch }) => patch).join('')).toContain('target: udp://198.18.0.1:7');
  });
});

describe('a name of the cluster', () => {
  const question = (name: string, type = 1) =>
    Buffer.from([
      ...[0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0],
      ...name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]),
      ...[0, 0, type, 0, 1],
    ]);
  const lookup = async (service: string, of: string) =>
    service === 'nats' && of === namespace ? ['198.18.1.2', '198.18.2.3'] : undefined;
  const answers = async (name: string, type?: number) => {
    const answer = await answerTo(question(name, type), lookup);
    const count = answer.readUInt16BE(6);
    const addresses = Array.from({ length: count }, (_, at) =>
      [...answer.subarray(answer.length - 16 * (count - at)).subarray(12, 16)].join('.'),
    );
    return { identity: answer.readUInt16BE(0), code: answer[3] & 15, addresses };
  };
  const name = `nats.${namespace}.svc.cluster.local`;

  test('is the addresses of the pods that are ready', async () => {
    expect(await answers(name)).toEqual({ identity: 0x1234, code: 0, addresses: ['198.18.1.2', '198.18.2.3'] });
    expect(await answers(name, 28)).toEqual({ identity: 0x1234, code: 0, addresses: [] });
  });

  test('is none where there is no such service', async () => {
    expect((await answers(`nothing.${namespace}.svc.cluster.local`)).code).toBe(3);
    expect((await answers('nats.example')).code).toBe(3);
    const away = await answerTo(question(name), () => Promise.reject(new Error('away')));
    expect(away[3] & 15).toBe(2);
  });
});

test('a loss is right when nothing is missing, twice or out of order, and only volumes that can move have moved', () => {
  const right: Loss = {
    ...{
      storage: 'one-node',
      node: 'n1',
      fault: 'no power',
      pods: ['nats-0'],
      moved: 0,
      sent: 9,
      sentBefore: 3,
      arrived: 9,
      counted: 9,
    },
    ...{ twice: 0, disordered: 0, resets: 0, boardArrived: 5, boardMissing: 0 },
    ...{ notReadyMs: 1, nodeBackMs: 2, podsReadyMs: 3, allInStoreMs: 4, replayMs: 1 },
  };
  expect(wrongOf(right)).toEqual([]);
  for (const change of [
    { arrived: 8 },
    { twice: 1 },
    { disordered: 1 },
    { boardMissing: 1 },
    { boardArrived: 0 },
    { counted: 10 },
    { resets: 1 },
    { moved: 1 },
  ])
    expect(wrongOf({ ...right, ...change }), JSON.stringify(change)).toHaveLength(1);
  expect(wrongOf({ ...right, storage: 'every-node' })).toHaveLength(1);
});

test('a number that is missing between two of a boot is found', () => {
  expect(missingOf(['a/1/7', 'a/1/5', 'a/1/6', 'a/2/0', 'a/2/1'])).toBe(0);
  expect(missingOf(['a/1/5', 'a/1/8', 'a/2/0', 'b/2/4'])).toBe(2);
});
