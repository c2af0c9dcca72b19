// For tests of the graph: a make-believe device whose nodes are good, drifted or broken, and a folder of records in memory.

import type { DeviceTime, GraphNode, RunKind, Verdict } from './graph.ts';
import type { RunReport } from './record.ts';
import type { Bench, RecordFolder } from './session.ts';

export const node = (name: string, dependsOn: string[] = [], timeoutNs = 1000): GraphNode => ({
  ...{ name, dependsOn, timeoutNs },
});

/** What a node is behind the measurement. */
export type Truth = 'good' | 'drifted' | 'broken' | 'hopeless';

/**
 * A node is `drifted`: its check says out of spec, unless something below it is not good, then bad data. `broken`: bad data, which its calibration
 * repairs. `hopeless`: bad data whatever is done. A calibration succeeds when everything below is good.
 */
export class FakeDevice implements Bench {
  readonly identity = { device: 'd0', image: 'i0' };
  readonly truth = new Map<string, Truth>();
  readonly runs: string[] = [];
  private readonly nodes: Map<string, GraphNode>;
  time: DeviceTime = { boot: 1, ns: 0 };
  corrections = 'none';
  /** Throws instead of making this run, counted from 1. */
  failsAt = 0;

  constructor(nodes: readonly GraphNode[]) {
    this.nodes = new Map(nodes.map((each) => [each.name, each]));
  }

  async now(): Promise<DeviceTime> {
    return { ...this.time };
  }

  inForce = async (): Promise<string> => this.corrections;

  async run(name: string, kind: RunKind): Promise<RunReport> {
    if (this.runs.length + 1 === this.failsAt) throw new Error('the cable was pulled');
    this.runs.push(`${kind} ${name}`);
    this.time.ns += 1;
    const verdict = kind === 'check' ? this.check(name) : this.calibrate(name);
    return { verdict, reason: verdict, inputs: {}, data: { x: [this.runs.length] }, results: {} };
  }

  private truthOf(name: string): Truth {
    return this.truth.get(name) ?? 'good';
  }

  private isSoundBelow(name: string): boolean {
    const below = this.nodes.get(name)?.dependsOn ?? [];
    return below.every((dependency) => this.truthOf(dependency) === 'good' && this.isSoundBelow(dependency));
  }

  private check(name: string): Verdict {
    if (!this.isSoundBelow(name) || ['broken', 'hopeless'].includes(this.truthOf(name))) return 'bad_data';
    return this.truthOf(name) === 'drifted' ? 'out_of_spec' : 'in_spec';
  }

  private calibrate(name: string): Verdict {
    if (!this.isSoundBelow(name) || this.truthOf(name) === 'hopeless') return 'bad_data';
    this.truth.set(name, 'good');
    return 'in_spec';
  }
}

export class MemoryFolder implements RecordFolder {
  readonly files = new Map<string, string>();
  names = (): string[] => [...this.files.keys()];
  read = (name: string): string => this.files.get(name) ?? '';
  replace = (name: string, text: string): void => void this.files.set(name, text);
  remove = (name: string): void => void this.files.delete(name);
  write = (name: string, text: string): void => {
    if (this.files.has(name)) throw new Error(`${name} is there already`);
    this.files.set(name, text);
  };
}
