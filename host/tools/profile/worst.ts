// The longest run of each task, with the path that took it.
//
// The path goes from the task to the function that it called and that took most, and so on, until a function took more by itself than any it called. What
// must stay true: the figures are of one single run, so those along a path fit together.

import { taskName } from '../../../protocol/firmware/tasks.ts';
import type { CallEvents, ModuleProfile, TaskProfile } from './call-profile.ts';

const NS_PER_CYCLE = 4;
/** The firmware of this repository: its tasks have names. */
const ours = 'firmware/generated/run-task/runTask';

/** A function of a run, with all its calls from the same function above it. */
export interface PathStep {
  function: string;
  calls: number;
  /** With what it called. */
  cycles: number;
  timeNs: number;
  /** By itself. */
  ownCycles: number;
}

export interface WorstCase {
  module: ModuleProfile['role'];
  kind: TaskProfile['kind'];
  task: string;
  runs: number;
  cycles: number;
  /** Virtual time; more than the cycles take where the core waited for the bus. */
  timeNs: number;
  stallNs: number;
  /** When that run began. */
  startNs: number;
  /** It did not return: a fault or a reset ended it. */
  cut: boolean;
  path: PathStep[];
}

/** Entries first, then tasks, the longest first. */
export function worstCases(modules: readonly ModuleProfile[]): WorstCase[] {
  return modules.flatMap((module) => {
    const cases = module.tasks.map((profile) => worstCase(module, profile));
    const rank = ({ kind }: WorstCase) => (kind === 'entry' ? 0 : 1);
    return cases.sort((a, b) => rank(a) - rank(b) || b.timeNs - a.timeNs || (a.task < b.task ? -1 : 1));
  });
}

function worstCase(module: ModuleProfile, profile: TaskProfile): WorstCase {
  const { kind, runs, worst } = profile;
  const { cycles, timeNs, startNs, cut } = worst;
  const { functionNames } = module.image;
  return {
    ...{ module: module.role, kind, task: nameOfTask(module, profile), runs, cycles, timeNs },
    ...{ stallNs: timeNs - cycles * NS_PER_CYCLE, startNs, cut, path: pathOf(worst, functionNames) },
  };
}

export function nameOfTask(
  { image }: ModuleProfile,
  { functionIndex, task }: Pick<TaskProfile, 'functionIndex' | 'task'>,
): string {
  const name = image.functionNames[functionIndex];
  if (task === undefined) return name.slice(name.lastIndexOf('/') + 1);
  return name === ours ? taskName(task) : `task ${task}`;
}

interface Step extends PathStep {
  inner: Map<number, Step>;
}

function pathOf({ data }: CallEvents, functionNames: readonly string[]): PathStep[] {
  const top: Step = { function: '', calls: 0, cycles: 0, timeNs: 0, ownCycles: 0, inner: new Map() };
  const stack: { step: Step; cycles: number; timeNs: number; innerCycles: number }[] = [
    { step: top, cycles: 0, timeNs: 0, innerCycles: 0 },
  ];
  for (let at = 0; at < data.length; at += 3) {
    const [functionIndex, cycles, timeNs] = data.subarray(at, at + 3);
    const above = stack[stack.length - 1];
    if (functionIndex >= 0) {
      const known = above.step.inner.get(functionIndex);
      const name = functionNames[functionIndex];
      const step = known ?? { function: name, calls: 0, cycles: 0, timeNs: 0, ownCycles: 0, inner: new Map() };
      above.step.inner.set(functionIndex, step);
      step.calls++;
      stack.push({ step, cycles, timeNs, innerCycles: 0 });
      continue;
    }
    const { step, ...began } = stack.pop() as (typeof stack)[number];
    const all = cycles - began.cycles;
    step.cycles += all;
    step.timeNs += timeNs - began.timeNs;
    step.ownCycles += all - began.innerCycles;
    stack[stack.length - 1].innerCycles += all;
  }
  const path: PathStep[] = [];
  for (let step = largest(top); step !== undefined; step = largest(step)) {
    const { inner: _, ...shown } = step;
    path.push(shown);
    if (step.ownCycles >= (largest(step)?.cycles ?? 0)) break;
  }
  return path;
}

function largest({ inner }: Step): Step | undefined {
  let found: Step | undefined;
  for (const step of inner.values()) if (found === undefined || step.timeNs > found.timeNs) found = step;
  return found;
}
