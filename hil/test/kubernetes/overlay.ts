// What a run changes of the manifests in docs/telemetry-kubernetes: images that this machine has, devices that the run plays, a place for each volume, and where pods are
// at first, so that each run loses the same.
//
// What must stay true: everything else is used as it is written there, so that the run says of those files whether they work.

import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { repositoryRoot } from '../../../host/tools/guest.ts';

export const manifests = join(repositoryRoot, 'docs/telemetry-kubernetes');
export const namespace = 'coldrig';
export const nodeNames = ['n1', 'n2'] as const;
export type NodeName = (typeof nodeNames)[number];

/** Where a volume can be reached: on every node, as a disk on the network; or on the one node that has it. */
export const storages = ['every-node', 'one-node'] as const;
export type Storage = (typeof storages)[number];

/** Of the manifests, and what they are called on this machine. */
export const images = { coldrig: 'coldrig', nats: 'nats', 'prom/prometheus': 'prometheus' } as const;
export const imageTag = 'run';
export const imageNameOf = (name: string) => `localhost/${name}:${imageTag}`;

/** NATS is not where those are who need it. Ingesters keep away from each other by themselves. */
const firstNodes: Record<string, NodeName> = { nats: 'n1', gateway: 'n2', prometheus: 'n2' };

/** As many as there are claims. */
const volumeCount = 5;
const roomGi = 100;

export interface VolumePlace {
  name: string;
  folder: string;
  nodes: readonly NodeName[];
}

/** The places of volumes: `root` is on a disk that all nodes see, so where a volume may be used is what Kubernetes is told. */
export function volumePlaces(storage: Storage, root: string): VolumePlace[] {
  const groups = storage === 'every-node' ? [nodeNames] : nodeNames.map((node) => [node]);
  return groups.flatMap((nodes) =>
    Array.from({ length: volumeCount }, (_, index) => {
      const name = [storage, ...(nodes.length === 1 ? nodes : []), index + 1].join('-');
      return { name, folder: join(root, name), nodes };
    }),
  );
}

/** As in the gateway's file. */
export interface GatewayDevice {
  target: string;
  cryostat?: string;
}

/** Of the devices that name no other; with the name of the gateway in front, as records and series have it. */
const [gatewayName, cryostat] = ['north-1', 'north'];
export const cryostatName = `${gatewayName}/${cryostat}`;

/** Writes a folder for `kubectl apply -k`. */
export function writeOverlay(folder: string, places: readonly VolumePlace[], devices: readonly GatewayDevice[]): void {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, documents: unknown[]) =>
    writeFileSync(join(folder, name), documents.map((one) => stringify(one)).join('---\n'));
  const gateway = { name: gatewayName, cryostat, devices };
  write('storage.yaml', [storageClass, ...places.map(volumeOf)]);
  write('kustomization.yaml', [
    {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: [relative(realpathSync(folder), realpathSync(manifests)), 'storage.yaml'],
      images: Object.entries(images).map(([name, ours]) => ({ name, newName: `localhost/${ours}`, newTag: imageTag })),
      patches: [
        { target: { kind: 'StatefulSet' }, patch: stringify([neverPull]) },
        ...Object.entries(firstNodes).map(([name, node]) => ({
          ...{ target: { kind: 'StatefulSet', name }, patch: stringify([preferred(node)]) },
        })),
        {
          patch: stringify({
            ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'gateway', namespace } },
            data: { 'gateway.yaml': stringify(gateway) },
          }),
        },
      ],
    },
  ]);
}

const neverPull = { op: 'add', path: '/spec/template/spec/containers/0/imagePullPolicy', value: 'Never' };

const expressionOf = (nodes: readonly NodeName[]) => ({
  matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [...nodes] }],
});

const preferred = (node: NodeName) => ({
  ...{ op: 'add', path: '/spec/template/spec/affinity' },
  value: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, preference: expressionOf([node]) }],
    },
  },
});

/** The default one, because claims name none. A volume is chosen together with the node. */
const storageClass = {
  apiVersion: 'storage.k8s.io/v1',
  kind: 'StorageClass',
  metadata: { name: 'on-disk', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
  provisioner: 'kubernetes.io/no-provisioner',
  volumeBindingMode: 'WaitForFirstConsumer',
};

const volumeOf = ({ name, folder, nodes }: VolumePlace) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: {
    ...{ capacity: { storage: `${roomGi}Gi` }, accessModes: ['ReadWriteOnce'], storageClassName: 'on-disk' },
    ...{ persistentVolumeReclaimPolicy: 'Retain', local: { path: folder } },
    nodeAffinity: { required: { nodeSelectorTerms: [expressionOf(nodes)] } },
  },
});
