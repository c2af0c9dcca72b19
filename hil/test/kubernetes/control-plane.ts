// The control plane: etcd, API server, controllers and scheduler as they are, on this machine's side of the bridge, and what a run asks of them.
//
// Everybody shows a token and may do what Kubernetes lets his group do: a kubelet reads what is for its node. Pods get no token.

import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { freePort } from '../campaign/live-server.ts';
import { LiveProgram } from './live-program.ts';
import { hostAddress, serviceRange } from './network.ts';
import { type NodeName, nodeNames } from './overlay.ts';
import type { ProgramName, Programs } from './programs.ts';

const people = {
  admin: ['admin', 'system:masters'],
  controllers: ['system:kube-controller-manager', ''],
  scheduler: ['system:kube-scheduler', ''],
  ...Object.fromEntries(nodeNames.map((name) => [name, [`system:node:${name}`, 'system:nodes']])),
} as Record<'admin' | 'controllers' | 'scheduler' | NodeName, [user: string, group: string]>;
type Person = keyof typeof people;

/** Without a sign of life for so long, a node is lost; 50 s where nobody says otherwise. */
export const graceSeconds = 8;
/** And its pods are given up so long after that; 300 s where nobody says otherwise. */
export const patienceSeconds = 15;

interface Listed<T> {
  items: T[];
}

export class ControlPlane {
  private readonly folder: string;
  private readonly logs: string;
  private readonly programs: Programs;
  private readonly running: LiveProgram[] = [];
  private address = '';

  constructor(folder: string, logs: string, programs: Programs) {
    this.folder = folder;
    this.logs = logs;
    this.programs = programs;
    mkdirSync(folder, { recursive: true });
  }

  /** A file that lets its reader be this person. */
  kubeconfig(person: Person): string {
    return join(this.folder, `${person}.kubeconfig`);
  }

  kubectl(...words: string[]): string {
    return execFileSync(this.programs.paths.kubectl, ['--kubeconfig', this.kubeconfig('admin'), ...words], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  }

  /** What is at a path of the API; undefined where nothing is. */
  async get<T>(path: string): Promise<T | undefined> {
    const response = await fetch(`${this.address}${path}`);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${path} is answered with ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  async list<T>(path: string): Promise<T[]> {
    return (await this.get<Listed<T>>(path))?.items ?? [];
  }

  async end(): Promise<void> {
    for (const program of this.running.reverse()) await program.kill();
  }

  async start(): Promise<void> {
    const [clients, peers] = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`);
    const etcd = this.run('etcd', [
      ...['--data-dir', join(this.folder, 'etcd'), '--name', 'one', '--initial-cluster', `one=${peers}`],
      ...['--listen-client-urls', clients, '--advertise-client-urls', clients],
      ...['--listen-peer-urls', peers, '--initial-advertise-peer-urls', peers],
    ]);
    await etcd.until('it is healthy', () => isWell(`${clients}/health`));
    const [key, certificates] = ['accounts.key', 'certificates'].map((name) => join(this.folder, name));
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }), { mode: 0o600 });
    this.writePeople();
    const server = this.run('kube-apiserver', [
      ...[`--etcd-servers=${clients}`, `--bind-address=${hostAddress}`, `--advertise-address=${hostAddress}`],
      ...[`--cert-dir=${certificates}`, `--service-cluster-ip-range=${serviceRange}`],
      ...[`--token-auth-file=${join(this.folder, 'tokens.csv')}`, '--authorization-mode=Node,RBAC'],
      ...['--service-account-issuer=https://coldrig.test', `--service-account-key-file=${key}`],
      ...[`--service-account-signing-key-file=${key}`, '--endpoint-reconciler-type=none'],
      ...['not-ready', 'unreachable'].map((what) => `--default-${what}-toleration-seconds=${patienceSeconds}`),
      '--enable-admission-plugins=NodeRestriction',
    ]);
    const proxy = ['kubectl', ['--kubeconfig', this.kubeconfig('admin'), 'proxy', '--port=0']] as const;
    await server.until('it has a certificate', () => server.said().includes('Serving securely'));
    const door = this.run(...proxy);
    await door.until('it listens', () => {
      const [, where] = /Starting to serve on (\S+)/.exec(door.said()) ?? [];
      this.address = `http://${where}`;
      return where !== undefined;
    });
    await server.until('it is ready', () => isWell(`${this.address}/readyz`));
    this.run('kube-controller-manager', [
      ...[`--kubeconfig=${this.kubeconfig('controllers')}`, '--leader-elect=false', '--secure-port=0'],
      ...['--use-service-account-credentials=true', `--service-account-private-key-file=${key}`],
      ...[`--root-ca-file=${join(certificates, 'apiserver.crt')}`],
      ...[`--node-monitor-grace-period=${graceSeconds}s`, '--node-monitor-period=1s'],
    ]);
    this.run('kube-scheduler', [
      `--kubeconfig=${this.kubeconfig('scheduler')}`,
      '--leader-elect=false',
      '--secure-port=0',
    ]);
  }

  private run(name: ProgramName, words: readonly string[]): LiveProgram {
    const program = new LiveProgram(this.programs, join(this.logs, `${name}.log`), name, [
      this.programs.paths[name],
      ...words,
    ]);
    this.running.push(program);
    return program;
  }

  private writePeople(): void {
    const lines = Object.entries(people).map(([person, [user, group]], index) => {
      const token = randomBytes(16).toString('hex');
      writeFileSync(this.kubeconfig(person as Person), stringify(this.configOf(token)), { mode: 0o600 });
      return `${token},${user},${index + 1},"${group}"\n`;
    });
    writeFileSync(join(this.folder, 'tokens.csv'), lines.join(''), { mode: 0o600 });
  }

  /** The API server makes its certificate itself, when it starts. */
  private configOf(token: string) {
    const authority = join(this.folder, 'certificates/apiserver.crt');
    return {
      ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'one' },
      clusters: [
        { name: 'one', cluster: { server: `https://${hostAddress}:6443`, 'certificate-authority': authority } },
      ],
      users: [{ name: 'one', user: { token } }],
      contexts: [{ name: 'one', context: { cluster: 'one', user: 'one' } }],
    };
  }
}

async function isWell(address: string): Promise<boolean> {
  return await fetch(address).then(
    ({ ok }) => ok,
    () => false,
  );
}
