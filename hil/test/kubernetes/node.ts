// A node: containerd and a kubelet in namespaces of their own (processes, mounts, network, name), so that killing its first process is a loss of power: everything on
// it is gone at once, and what it had mounted, too. Its disk is a folder, which is there when it starts again.
//
//   FOLDER/n1/var-lib        its /var/lib: images, containers, addresses given to pods, the kubelet's state
//   LOGS/n1                  its /var/log: what pods have said
//   LOGS/n1.log              what containerd and the kubelet have said
//
// Both nodes share one kernel and one disk; that is what a run cannot show.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { LiveProgram } from './live-program.ts';
import { addressOfNode, hostAddress, type Network, podRange } from './network.ts';
import type { NodeName } from './overlay.ts';
import type { Programs } from './programs.ts';

const cgroups = '/sys/fs/cgroup';
const socket = '/run/containerd/containerd.sock';
export const sandboxImage = 'localhost/sandbox:run';

export interface NodeParts {
  name: NodeName;
  number: number;
  folder: string;
  logs: string;
  programs: Programs;
  network: Network;
  /** How it reaches the API server. */
  kubeconfig: string;
}

export class ClusterNode {
  readonly name: NodeName;
  private readonly parts: NodeParts;
  private init: LiveProgram | undefined;
  private readonly folder: string;

  constructor(parts: NodeParts) {
    this.parts = parts;
    this.name = parts.name;
    this.folder = join(parts.folder, parts.name);
    for (const folder of [join(this.folder, 'var-lib'), join(this.folder, 'cni'), join(parts.logs, parts.name)])
      mkdirSync(folder, { recursive: true });
    this.write('cni/10-bridge.conflist', JSON.stringify(networkOf(parts.number)));
    this.write('containerd.toml', containerdConfig(parts.programs.plugins, join(this.folder, 'cni')));
    this.write('kubelet.yaml', stringify(kubeletConfig(this.cgroup, parts.number)));
    this.write('start.sh', this.startScript());
  }

  /** Resolves when containerd answers and has the images; the kubelet starts then. Also after `kill`. */
  async start(archives: readonly string[]): Promise<void> {
    const { programs, network, number, logs, name } = this.parts;
    this.makeCgroups();
    const namespaces = ['--mount', '--pid', '--net', '--uts', '--ipc', '--fork', '--kill-child', '--mount-proc'];
    const words = [programs.paths.unshare, ...namespaces, 'sh', join(this.folder, 'start.sh')];
    const log = join(logs, `${name}.log`);
    const before = existsSync(log) ? readFileSync(log, 'utf8').length : 0;
    const init = new LiveProgram(programs, log, `node ${name}`, words, true);
    this.init = init;
    await init.until('it has its namespaces', () => init.said().slice(before).includes('namespaces are made'));
    network.join(number, init.pid);
    init.child.stdin?.write('network\n');
    await init.until('containerd answers', () => init.said().slice(before).includes('containerd successfully booted'));
    for (const archive of archives)
      this.inside(programs.paths.ctr, '-a', socket, '-n', 'k8s.io', 'images', 'import', archive);
    init.child.stdin?.write('images\n');
  }

  /** As a loss of power. */
  async kill(): Promise<void> {
    await this.init?.kill();
    this.init = undefined;
    const { network, number } = this.parts;
    while (network.isJoined(number) || !this.removeCgroups()) await new Promise((resolve) => setTimeout(resolve, 50));
  }

  /** Its processes go on without a network. */
  cutOff(is: boolean): void {
    this.parts.network.cut(this.parts.number, is);
  }

  private get cgroup(): string {
    return `coldrig-${this.parts.name}`;
  }

  private inside(...words: string[]): void {
    const pid = `${this.init?.pid}`;
    execFileSync(this.parts.programs.paths.nsenter, ['-t', pid, '-m', '-n', ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  private write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** The first process of the node. It waits for its network, and for its images. */
  private startScript(): string {
    const { programs, logs, name, kubeconfig, plugins } = { ...this.parts, plugins: this.parts.programs.plugins };
    const { containerd, kubelet, runc } = programs.paths;
    const shim = programs.paths['containerd-shim-runc-v2'];
    const folders = [...new Set([runc, shim].map((path) => path.slice(0, path.lastIndexOf('/'))))];
    return `set -e
hostname ${name}
mount -t tmpfs tmpfs /run
mount --bind ${join(this.folder, 'var-lib')} /var/lib
mount --bind ${join(logs, name)} /var/log
echo 1 >/proc/sys/net/ipv4/ip_forward
export PATH=${[...folders, plugins].join(':')}:$PATH
echo namespaces are made
read network
${containerd} --config ${join(this.folder, 'containerd.toml')} </dev/null &
read images
${kubelet} --config ${join(this.folder, 'kubelet.yaml')} --kubeconfig ${kubeconfig} --hostname-override ${name} --node-ip ${addressOfNode(this.parts.number)} </dev/null &
wait
`;
  }

  private groupsOf(): string[] {
    return readdirSync(cgroups)
      .map((controller) => join(cgroups, controller))
      .filter((folder) => existsSync(join(folder, 'cgroup.procs')))
      .map((folder) => join(folder, this.cgroup));
  }

  private makeCgroups(): void {
    this.removeCgroups();
    for (const group of this.groupsOf()) {
      mkdirSync(group, { recursive: true });
      // A new group of cpuset has no processors, and takes no process so.
      for (const name of ['cpuset.cpus', 'cpuset.mems'])
        if (existsSync(join(group, name))) writeFileSync(join(group, name), readFileSync(join(group, '..', name)));
    }
  }

  /** Whether there is nothing left of them. */
  private removeCgroups(): boolean {
    return this.groupsOf().every((group) => !existsSync(group) || isRemoved(group));
  }
}

function isRemoved(group: string): boolean {
  for (const entry of readdirSync(group, { withFileTypes: true }))
    if (entry.isDirectory() && !isRemoved(join(group, entry.name))) return false;
  try {
    rmdirSync(group);
    return true;
  } catch {
    // A process in it is about to end.
    return false;
  }
}

const networkOf = (number: number) => ({
  ...{ cniVersion: '0.4.0', name: 'pods' },
  plugins: [
    {
      ...{ type: 'bridge', bridge: 'pods', isGateway: true },
      ipam: { type: 'host-local', ranges: [[{ subnet: podRange(number) }]], routes: [{ dst: '0.0.0.0/0' }] },
    },
  ],
});

/** Nobody here may give a process a better score with the out-of-memory killer, so containerd must not try. */
const containerdConfig = (plugins: string, networks: string) => `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandboxImage}"
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "${plugins}"
  conf_dir = "${networks}"
`;

const kubeletConfig = (cgroup: string, number: number) => ({
  ...{ apiVersion: 'kubelet.config.k8s.io/v1beta1', kind: 'KubeletConfiguration' },
  ...{ containerRuntimeEndpoint: `unix://${socket}`, cgroupDriver: 'cgroupfs', cgroupRoot: `/${cgroup}` },
  ...{ failCgroupV1: false, failSwapOn: false, enforceNodeAllocatable: [], localStorageCapacityIsolation: false },
  ...{ clusterDomain: 'cluster.local', clusterDNS: [hostAddress], resolvConf: '', podCIDR: podRange(number) },
  ...{ volumePluginDir: '/var/lib/kubelet/plugins-on-disk', enableServer: false },
  // How soon it is noticed that a node is lost, for impatient people: defaults are 40 s, and 10 s between two signs of life.
  ...{ nodeLeaseDurationSeconds: 4, nodeStatusUpdateFrequency: '2s' },
  evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
});
