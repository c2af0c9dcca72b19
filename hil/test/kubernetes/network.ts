// The network of the cluster: a bridge of its own, which nothing else is on, in addresses that are kept for tests of networks and routed nowhere.
//
//   198.18.0.1       this machine: API server, names, devices
//   198.18.0.11, 12  node 1, node 2
//   198.18.1.0/24    pods of node 1; 198.18.2.0/24 those of node 2
//
// Services of the manifests have no addresses of their own (clusterIP: None), so no kube-proxy is missing.

import { execFileSync } from 'node:child_process';
import type { Programs } from './programs.ts';

export const hostAddress = '198.18.0.1';
/** No pod asks for an address of these. */
export const serviceRange = '198.19.0.0/24';
export const addressOfNode = (number: number) => `198.18.0.${10 + number}`;
export const podRange = (number: number) => `198.18.${number}.0/24`;
const bridge = 'coldrig0';
const nodeNumbers = [1, 2];
const linkOf = (number: number) => `coldrig-n${number}`;

/** Whether there are nodes on the bridge: those of another run, when this one has none. */
export const isInUse = ({ paths }: Programs): boolean =>
  nodeNumbers.some((number) =>
    execFileSync(paths.ip, ['-o', 'link'], { encoding: 'utf8' }).includes(`${linkOf(number)}@`),
  );

export class Network {
  private readonly programs: Programs;

  /** What an earlier run has left, because it was killed, goes. */
  constructor(programs: Programs) {
    this.programs = programs;
    this.end();
    this.ip('link', 'add', bridge, 'type', 'bridge');
    this.ip('addr', 'add', `${hostAddress}/24`, 'dev', bridge);
    this.ip('link', 'set', bridge, 'up');
    for (const number of nodeNumbers) this.ip('route', 'add', podRange(number), 'via', addressOfNode(number));
  }

  /** Puts a process with a network of its own on the bridge, as a node. */
  join(number: number, pid: number): void {
    const link = linkOf(number);
    this.ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${pid}`);
    this.ip('link', 'set', link, 'master', bridge, 'up');
    const inside = (...words: string[]) =>
      this.run(this.programs.paths.nsenter, ['-t', `${pid}`, '-n', this.programs.paths.ip, ...words]);
    inside('addr', 'add', `${addressOfNode(number)}/24`, 'dev', 'eth0');
    inside('link', 'set', 'lo', 'up');
    inside('link', 'set', 'eth0', 'up');
    inside('route', 'add', 'default', 'via', hostAddress);
    for (const other of nodeNumbers)
      if (other !== number) inside('route', 'add', podRange(other), 'via', addressOfNode(other));
  }

  /** Everything that comes from a node or goes to it is lost, without an answer. */
  cut(number: number, is: boolean): void {
    this.ip('link', 'set', linkOf(number), is ? 'down' : 'up');
  }

  /** The network of a killed node takes its link along, a moment later. */
  isJoined(number: number): boolean {
    return this.ip('-o', 'link').includes(`${linkOf(number)}@`);
  }

  end(): void {
    const there = this.ip('-o', 'link');
    for (const link of [...nodeNumbers.map(linkOf), bridge])
      if (there.includes(` ${link}`)) this.ip('link', 'del', link);
  }

  private ip(...words: string[]): string {
    return this.run(this.programs.paths.ip, words);
  }

  private run(program: string, words: string[]): string {
    return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  }
}
