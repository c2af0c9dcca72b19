// A profile as a file for speedscope.app. Source: speedscope's file-format-spec.ts, "https://www.speedscope.app/file-format-schema.json".
//
//   <module>: cycles          all runs together, one sample for each call stack, weighed by its cycles: a flame graph
//   <module>: virtual time    the same, weighed by nanoseconds: with the time in which the core waits for the bus
//   longest <task>            the run of each task that took longest, call by call, in nanoseconds

import type { CallNode, CallProfile, ModuleProfile } from './call-profile.ts';
import { nameOfTask } from './worst.ts';

/** Where a function stands in the source. */
export type PlaceOf = (module: ModuleProfile, functionName: string) => { file: string; line: number } | undefined;

interface Frame {
  name: string;
  file?: string;
  line?: number;
}

type SpeedscopeProfile = { name: string; unit: 'none' | 'nanoseconds'; startValue: number; endValue: number } & (
  | { type: 'sampled'; samples: number[][]; weights: number[] }
  | { type: 'evented'; events: { type: 'O' | 'C'; frame: number; at: number }[] }
);

export interface SpeedscopeFile {
  $schema: 'https://www.speedscope.app/file-format-schema.json';
  name: string;
  exporter: 'coldrig';
  activeProfileIndex: 0;
  shared: { frames: Frame[] };
  profiles: SpeedscopeProfile[];
}

export function speedscopeFile(profile: CallProfile, name: string, placeOf: PlaceOf = () => undefined): SpeedscopeFile {
  const frames = new Frames(placeOf);
  const { modules } = profile;
  const graphs = [...modules].reverse().flatMap((module) => flameGraphs(module, frames));
  const longest = [...modules].reverse().flatMap((module) => longestRuns(module, frames));
  return {
    $schema: 'https://www.speedscope.app/file-format-schema.json',
    ...{ name, exporter: 'coldrig', activeProfileIndex: 0 },
    ...{ shared: { frames: frames.list }, profiles: [...graphs, ...longest] },
  };
}

class Frames {
  readonly list: Frame[] = [];
  private readonly indices = new Map<string, number>();
  private readonly placeOf: PlaceOf;

  constructor(placeOf: PlaceOf) {
    this.placeOf = placeOf;
  }

  of(module: ModuleProfile, functionIndex: number, task?: number): number {
    const key = `${module.image.hash} ${functionIndex} ${task}`;
    const known = this.indices.get(key);
    if (known !== undefined) return known;
    const name = module.image.functionNames[functionIndex];
    const shown = task === undefined ? name : `${name} (${nameOfTask(module, { functionIndex, task })})`;
    this.indices.set(key, this.list.length);
    return this.list.push({ name: shown, ...this.placeOf(module, name) }) - 1;
  }
}

function flameGraphs(module: ModuleProfile, frames: Frames): SpeedscopeProfile[] {
  const samples: number[][] = [];
  const cycles: number[] = [];
  const times: number[] = [];
  const walk = (node: CallNode, above: number[]) => {
    const stack = node === module.root ? above : [...above, frames.of(module, node.functionIndex, node.task)];
    if (node.timeNs > 0) {
      samples.push(stack);
      cycles.push(node.cycles);
      times.push(node.timeNs);
    }
    for (const child of node.children.values()) walk(child, stack);
  };
  walk(module.root, []);
  const sum = (weights: number[]) => weights.reduce((total, weight) => total + weight, 0);
  const graph = (name: string, unit: 'none' | 'nanoseconds', weights: number[]): SpeedscopeProfile => ({
    ...{ type: 'sampled', name: `${titleOf(module)}: ${name}`, unit, startValue: 0, endValue: sum(weights) },
    ...{ samples, weights },
  });
  return [graph('cycles', 'none', cycles), graph('virtual time', 'nanoseconds', times)];
}

function longestRuns(module: ModuleProfile, frames: Frames): SpeedscopeProfile[] {
  return module.tasks.map(({ worst, ...task }) => {
    const open: number[] = [];
    const events: { type: 'O' | 'C'; frame: number; at: number }[] = [];
    for (let at = 0; at < worst.data.length; at += 3) {
      const [functionIndex, , timeNs] = worst.data.subarray(at, at + 3);
      if (functionIndex >= 0) open.push(frames.of(module, functionIndex, at === 0 ? task.task : undefined));
      const frame = open[open.length - 1];
      events.push({ type: functionIndex >= 0 ? 'O' : 'C', frame, at: timeNs });
      if (functionIndex < 0) open.pop();
    }
    return {
      ...{ type: 'evented', name: `longest ${nameOfTask(module, task)} of ${titleOf(module)}`, unit: 'nanoseconds' },
      ...{ startValue: 0, endValue: worst.timeNs, events },
    };
  });
}

const titleOf = ({ role, image }: ModuleProfile): string => `${role} ${image.hash.slice(0, 8)}`;
