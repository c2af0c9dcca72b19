// What happens in a run: devices tell records the whole time, a node loses its power, and afterwards whatever was told must be in the stream and in the store, once.
//
//   7 devices on this machine ──UDP──> gateway ──> NATS ──┬──> ingester 1 of 2 ──┬──> Prometheus
//                                                         └──> ingester 2 of 2 ──┘      all of these are pods, each with a volume
//
// Where a volume can be reached from every node, what was on the lost node runs on the other one, with its volume, as soon as somebody has said that the lost node is
// really without power. Where a volume is on one node, what has it waits for that node: for a moment, or so long that Kubernetes gives its pods up. A node may also be
// without network alone, where its pods go on.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { StreamCheck } from '../telemetry/faults/stream-check.ts';
import { queryStore } from '../telemetry/live/live-store.ts';
import type { Cluster, Pod } from './cluster.ts';
import { Devices } from './devices.ts';
import {
  cryostatName,
  manifests,
  type NodeName,
  namespace,
  type Storage,
  volumePlaces,
  writeOverlay,
} from './overlay.ts';

const podNames = ['gateway-0', 'ingest-1', 'ingest-2', 'nats-0', 'prometheus-0'];
export const faults = ['no power', 'no power for long', 'no network'] as const;
export type Fault = (typeof faults)[number];

/** What happens, in this order, by where volumes are. */
export const plan: Record<Storage, readonly [NodeName, Fault][]> = {
  'every-node': [
    ['n1', 'no power'],
    ['n2', 'no power'],
  ],
  'one-node': [
    ['n1', 'no power'],
    ['n2', 'no power for long'],
    ['n1', 'no network'],
    ['n2', 'no network'],
  ],
};

/** A gateway tells records of its own, too. */
const isOfDevice = /^[0-9a-f]{32}[/~]/;
/** So long a node is up under records before it is lost, and stays away where nothing replaces it. */
const aroundMs = 5_000;
const queryRange = '2h';
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Times are from the moment when the node lost its power. */
export interface Loss {
  storage: Storage;
  node: NodeName;
  fault: Fault;
  /** What was on it, and how many of these run on the other node afterwards. */
  pods: string[];
  moved: number;
  notReadyMs: number;
  nodeBackMs: number;
  podsReadyMs: number;
  allInStoreMs: number;
  /** From the moment when all pods were ready. */
  replayMs: number;
  /** Records since the manifests were applied. */
  sent: number;
  /** Of these, before this loss. */
  sentBefore: number;
  arrived: number;
  /** Of the board with its firmware, which numbers them, and numbers that are missing between the first and the last. */
  boardArrived: number;
  boardMissing: number;
  twice: number;
  disordered: number;
  counted: number;
  resets: number;
}

export class Story {
  private readonly cluster: Cluster;
  private readonly storage: Storage;
  private readonly devices: Devices;
  readyMs = 0;

  /** Applies the manifests, and waits until all of it runs. */
  static async begin(cluster: Cluster, storage: Storage, folder: string, rules: string): Promise<Story> {
    const story = new Story(cluster, storage, await Devices.start());
    try {
      await story.apply(join(folder, storage), rules);
      return story;
    } catch (error) {
      await story.devices.end();
      throw error;
    }
  }

  private constructor(cluster: Cluster, storage: Storage, devices: Devices) {
    this.cluster = cluster;
    this.storage = storage;
    this.devices = devices;
  }

  async lose(name: NodeName, fault: Fault): Promise<Loss> {
    const { cluster, devices, storage } = this;
    const node = cluster.node(name);
    const on = (await cluster.pods()).filter((pod) => pod.node === name).map((pod) => pod.name);
    const sentBefore = devices.made.length;
    devices.tell();
    await pause(aroundMs);
    const begun = performance.now();
    const since = () => Math.round(performance.now() - begun);
    if (fault === 'no network') node.cutOff(true);
    else await node.kill();
    await cluster.until(`node ${name} is lost`, async () => !(await cluster.isNodeReady(name)));
    const notReadyMs = since();
    let nodeBackMs = 0;
    const back = async () => {
      if (fault === 'no network') node.cutOff(false);
      else await node.start([]);
      await cluster.until(`node ${name} is ready`, () => cluster.isNodeReady(name));
      nodeBackMs = since();
    };
    if (storage === 'every-node') cluster.isOutOfService(name, true);
    else {
      await pause(aroundMs);
      const isGivenUp = async () => (await cluster.pods()).every((pod) => pod.node !== name || pod.isGivenUp);
      if (fault === 'no power for long') await cluster.until('its pods are given up', isGivenUp);
      await back();
    }
    await this.allReady();
    const podsReadyMs = since();
    devices.rest();
    const moved = (await cluster.pods()).filter((pod) => on.includes(pod.name) && pod.node !== name).length;
    const found = await this.settle();
    const allInStoreMs = since();
    if (storage === 'every-node') {
      await back();
      cluster.isOutOfService(name, false);
    }
    const times = { notReadyMs, nodeBackMs, podsReadyMs, allInStoreMs, replayMs: allInStoreMs - podsReadyMs };
    return { storage, node: name, fault, pods: on, moved, ...times, sentBefore, ...found };
  }

  /** Also takes everything back that was applied. */
  async end(): Promise<void> {
    await this.devices.end();
    this.cluster.kubectl('delete', 'namespace', namespace, '--wait=false');
    const path = `/api/v1/namespaces/${namespace}`;
    await this.cluster.until(`namespace ${namespace} is gone`, async () => !(await this.cluster.isThere(path)));
    this.cluster.kubectl('delete', 'persistentvolumes', '--all');
  }

  private async apply(folder: string, rules: string): Promise<void> {
    const { cluster, devices, storage } = this;
    const places = volumePlaces(storage, join(folder, 'volumes'));
    for (const { folder } of places) mkdirSync(folder, { recursive: true });
    writeOverlay(join(folder, 'overlay'), places, devices.targets);
    cluster.kubectl('apply', '-f', join(manifests, 'namespace.yaml'));
    cluster.kubectl('-n', namespace, 'create', 'configmap', 'coldrig-rules', `--from-file=${rules}`);
    cluster.kubectl('apply', '-k', join(folder, 'overlay'));
    this.readyMs = await this.allReady();
    await cluster.until('gateway and rules are known to Prometheus', async () => {
      const [up, judged] = await Promise.all(['up{job="gateways"} == 1', 'ALERTS or up'].map((one) => this.query(one)));
      return up.length === 1 && judged.length > 0 && (await this.ruleCount()) > 0;
    });
  }

  private allReady(): Promise<number> {
    return this.cluster.until('all pods are ready', async () => {
      const ready = (await this.cluster.pods()).filter(({ isReady }) => isReady).map(({ name }) => name);
      return podNames.every((name) => ready.includes(name));
    });
  }

  /** Until stream and store have everything. */
  private async settle() {
    const { address } = await this.pod('nats-0');
    const stream = await StreamCheck.open(`nats://${address}:4222`);
    const { made } = this.devices;
    const counted = () => this.sum('max_over_time').catch(() => -1);
    try {
      await this.cluster
        .until(
          'everything is there',
          async () => made.every((one) => stream.there.has(one)) && (await counted()) >= made.length,
        )
        .catch((error) => console.error(`${(error as Error).message}`));
      const arrived = made.filter((one) => stream.there.has(one)).length;
      const { twice, disordered } = stream;
      const ofBoard = [...stream.there].filter((one) => isOfDevice.test(one) && !this.devices.isPlayed(one));
      return {
        ...{
          boardArrived: ofBoard.length,
          boardMissing: missingOf(ofBoard),
          sent: made.length,
          arrived,
          twice: twice.length,
          disordered: disordered.length,
        },
        ...{ counted: await counted(), resets: await this.sum('resets') },
      };
    } finally {
      await stream.close();
    }
  }

  private async sum(of: 'max_over_time' | 'resets'): Promise<number> {
    const [[, value] = [{}, 0]] = await this.query(
      `sum(${of}(coldrig_multiplexer_errors_total{cryostat="${cryostatName}"}[${queryRange}]))`,
    );
    return value;
  }

  private async query(expression: string) {
    return await queryStore(await this.store(), expression);
  }

  private async ruleCount(): Promise<number> {
    const response = await fetch(`${await this.store()}/api/v1/rules`);
    const { data } = (await response.json()) as { data: { groups: { rules: unknown[] }[] } };
    return data.groups.reduce((sum, { rules }) => sum + rules.length, 0);
  }

  private async store(): Promise<string> {
    return `http://${(await this.pod('prometheus-0')).address}:9090`;
  }

  private async pod(name: string): Promise<Pod> {
    const pod = (await this.cluster.pods()).find((one) => one.name === name);
    if (pod === undefined) throw new Error(`there is no pod ${name}`);
    return pod;
  }
}

/** Numbers that are missing in names DEVICE/BOOT/SEQUENCE, between the first and the last of a boot. */
export function missingOf(names: readonly string[]): number {
  const numbers = new Map<string, number[]>();
  for (const name of names) {
    const [, boot, sequence] = /^(.*)\/(\d+)$/.exec(name) as RegExpExecArray;
    numbers.set(boot, [...(numbers.get(boot) ?? []), Number(sequence)]);
  }
  const holes = [...numbers.values()].map((all) => Math.max(...all) - Math.min(...all) + 1 - new Set(all).size);
  return holes.reduce((sum, one) => sum + one, 0);
}

/** Sentences; none is as it should be. */
export function wrongOf(loss: Loss): string[] {
  const { storage, node, fault, pods, moved, sent, arrived, twice, disordered, counted, resets } = loss;
  const { boardArrived, boardMissing } = loss;
  const wrong: string[] = [];
  const say = (is: boolean, what: string) => is && wrong.push(`${storage}, ${node} with ${fault}: ${what}`);
  say(arrived !== sent, `${sent - arrived} of ${sent} records are lost`);
  say(
    boardMissing > 0 || boardArrived === 0,
    `${boardMissing} records of the board are missing, ${boardArrived} are there`,
  );
  say(twice > 0, `${twice} records are in the stream twice`);
  say(disordered > 0, `${disordered} records are out of order`);
  say(counted !== sent, `the store has counted ${counted} of ${sent} records`);
  say(resets > 0, 'a counter in the store went back');
  say(moved !== (storage === 'every-node' ? pods.length : 0), `${moved} of ${pods.length} pods have moved`);
  return wrong;
}
