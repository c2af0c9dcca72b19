// What a cluster on this machine is made of: programs of other people, which the machine has or has not. Nothing is installed from here.

import { accessSync } from 'node:fs';
import { join } from 'node:path';
import { pathTool } from '../interop/install.ts';

/** The folder in this variable is looked into before PATH. */
const folderVariable = 'COLDRIG_KUBERNETES_BIN';
const programNames = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kubelet', 'kubectl', 'etcd'],
  ...['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc'],
  ...['nats-server', 'prometheus', 'unshare', 'setpriv', 'nsenter', 'ip', 'tar', 'ldd', 'sleep', 'flock'],
] as const;
/** Network plugins stand in a folder of their own: Debian's, or that of everybody else. */
const pluginNames = ['bridge', 'host-local', 'loopback'];
const pluginFolders = ['/usr/lib/cni', '/opt/cni/bin'];
const controllerFolder = '/sys/fs/cgroup/memory';

export type ProgramName = (typeof programNames)[number];
export interface Programs {
  paths: Record<ProgramName, string>;
  /** Of network plugins. */
  plugins: string;
}

/** Or why there can be no cluster here, in one line. */
export function findPrograms(environment: NodeJS.ProcessEnv, isThere = canRead, find = pathTool): Programs | string {
  const folder = environment[folderVariable];
  const found = programNames.map((name) => [name, find(name, folder).path] as const);
  const missing: string[] = found.filter(([, path]) => path === undefined).map(([name]) => name);
  const plugins = pluginFolders.find((folder) => pluginNames.every((name) => isThere(join(folder, name))));
  if (plugins === undefined)
    missing.push(`the network plugins ${pluginNames.join(', ')} (in ${pluginFolders.join(' or ')})`);
  if (missing.length > 0)
    return `missing are ${missing.join(', ')}: put them into a folder and name it in ${folderVariable}, or on PATH; docs/telemetry.md, "In a cluster", says which are meant`;
  if (process.getuid?.() !== 0) return 'containers and mounts need root';
  if (!isThere(controllerFolder))
    return `${controllerFolder} is not there; a kubelet was tried with cgroups of version 1 only`;
  return { paths: Object.fromEntries(found) as Programs['paths'], plugins: plugins as string };
}

function canRead(path: string): boolean {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}
