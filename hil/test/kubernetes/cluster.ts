// A cluster of two nodes in one temporary folder, and what a run asks of it. Everything that it puts on this machine goes when it ends.

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ControlPlane } from './control-plane.ts';
import { NameServer } from './names.ts';
import { hostAddress, Network } from './network.ts';
import { ClusterNode } from './node.ts';
import { type NodeName, namespace, nodeNames } from './overlay.ts';
import type { Programs } from './programs.ts';

interface Condition {
  type: string;
  status: string;
}

interface Listed {
  metadata: { name: string; deletionTimestamp?: string };
}

interface NodeObject extends Listed {
  status: { conditions?: Condition[] };
}

interface PodObject extends Listed {
  spec: { nodeName?: string };
  status: { podIP?: string; conditions?: Condition[] };
}

interface EndpointSlice extends Listed {
  endpoints: { addresses: string[]; conditions: { ready?: boolean } }[] | null;
}

export interface Pod {
  name: string;
  node: string;
  address: string;
  isReady: boolean;
  /** It is to end, and may be waiting for its node to say that it has. */
  isGivenUp: boolean;
}

/** The kubelet sets these; they are the machine's, so it gets them back. */
const kernelSettings = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
].map((name) => join('/proc/sys', name));

const isTrue = (conditions: Condition[] | undefined, type: string) =>
  conditions?.some((one) => one.type === type && one.status === 'True') ?? false;

/** Tells Kubernetes that a lost node is really without power, so that what was on it may run elsewhere: whoever has looked at it says so. */
const outOfService = 'node.kubernetes.io/out-of-service=no-power:NoExecute';

export class Cluster {
  private readonly nodes = new Map<NodeName, ClusterNode>();
  private readonly folder: string;
  private readonly settings: string[] = kernelSettings.map((path) => readFileSync(path, 'utf8'));
  private network: Network | undefined;
  private names: NameServer | undefined;
  private plane!: ControlPlane;
  private ended: Promise<void> | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Whatever of it is there is ended by `end`, also when this throws. */
  async start(programs: Programs, logs: string, archives: readonly string[]): Promise<void> {
    const network = new Network(programs);
    this.network = network;
    this.plane = new ControlPlane(join(this.folder, 'control-plane'), logs, programs);
    for (const [index, name] of nodeNames.entries()) {
      const kubeconfig = this.plane.kubeconfig(name);
      const parts = { name, number: index + 1, folder: this.folder, logs, programs, network, kubeconfig };
      this.nodes.set(name, new ClusterNode(parts));
    }
    await this.plane.start();
    this.names = await NameServer.start(hostAddress, (service, of) => this.readyAddresses(service, of));
    await Promise.all([...this.nodes.values()].map((node) => node.start(archives)));
    for (const name of nodeNames) await this.until(`node ${name} is ready`, () => this.isNodeReady(name));
  }

  kubectl(...words: string[]): string {
    return this.plane.kubectl(...words);
  }

  async until(what: string, holds: () => Promise<boolean>, withinMs = 300_000): Promise<number> {
    const begun = performance.now();
    while (!(await holds())) {
      if (performance.now() - begun > withinMs)
        throw new Error(`after ${withinMs / 1000} s it does not hold that ${what}:\n${this.picture()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return performance.now() - begun;
  }

  async isNodeReady(name: NodeName): Promise<boolean> {
    const node = await this.plane.get<NodeObject>(`/api/v1/nodes/${name}`);
    return isTrue(node?.status.conditions, 'Ready');
  }

  async isThere(path: string): Promise<boolean> {
    return (await this.plane.get(path)) !== undefined;
  }

  node(name: NodeName): ClusterNode {
    return this.nodes.get(name) as ClusterNode;
  }

  async pods(): Promise<Pod[]> {
    const pods = await this.plane.list<PodObject>(`/api/v1/namespaces/${namespace}/pods`);
    return pods.map(({ metadata, spec, status }) => ({
      name: metadata.name,
      node: spec.nodeName ?? '',
      address: status.podIP ?? '',
      isReady: metadata.deletionTimestamp === undefined && isTrue(status.conditions, 'Ready'),
      isGivenUp: metadata.deletionTimestamp !== undefined,
    }));
  }

  isOutOfService(name: NodeName, is: boolean): void {
    this.kubectl('taint', 'node', name, `${outOfService}${is ? '' : '-'}`);
  }

  /** Once; whoever calls it again waits for the same end. What fails does not keep the rest from being done. */
  end(): Promise<void> {
    this.ended ??= this.endAll();
    return this.ended;
  }

  private async endAll(): Promise<void> {
    const steps = [
      ...[...this.nodes.values()].map((node) => () => node.kill()),
      () => this.names?.end(),
      () => this.plane?.end(),
      () => this.network?.end(),
      () => {
        for (const [index, path] of kernelSettings.entries()) writeFileSync(path, this.settings[index]);
      },
      () => rmSync(this.folder, { recursive: true, force: true }),
    ];
    const failed: unknown[] = [];
    for (const step of steps)
      try {
        await step();
      } catch (error) {
        failed.push(error);
      }
    if (failed.length > 0) throw failed[0];
  }

  private async readyAddresses(service: string, of: string): Promise<string[] | undefined> {
    if ((await this.plane.get(`/api/v1/namespaces/${of}/services/${service}`)) === undefined) return undefined;
    const selector = `labelSelector=kubernetes.io/service-name%3D${service}`;
    const path = `/apis/discovery.k8s.io/v1/namespaces/${of}/endpointslices?${selector}`;
    const endpoints = (await this.plane.list<EndpointSlice>(path)).flatMap((slice) => slice.endpoints ?? []);
    return endpoints.filter(({ conditions }) => conditions.ready !== false).flatMap(({ addresses }) => addresses);
  }

  private picture(): string {
    const events = ['get', 'events', '-A', '--sort-by=.lastTimestamp'];
    return [
      this.kubectl('get', 'nodes,pods,pvc,pv', '-A', '-o', 'wide'),
      this.kubectl(...events)
        .split('\n')
        .slice(-25)
        .join('\n'),
    ].join('\n');
  }
}
