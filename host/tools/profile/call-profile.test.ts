// What a profile makes of calls: cycles by stack, the longest run of each task, and a file that speedscope opens.

import { describe, expect, it } from 'vitest';
import { type CallNode, CallProfile } from './call-profile.ts';
import { speedscopeFile } from './speedscope.ts';
import { worstCases } from './worst.ts';

const names = [
  'firmware/main/interrupt',
  'firmware/kernel/scheduler/runReleasedTasks',
  'firmware/generated/run-task/runTask',
  'firmware/drive/heaters/runHeaters',
  'firmware/sense/convert/linear',
  'protocol/guest/clock/uptimeNs',
  'firmware/own/runBlink',
];
const [INTERRUPT, SCHEDULER, RUN_TASK, HEATERS, LINEAR, CLOCK, BLINK] = names.keys();
const image = { hash: '0123456789abcdef', bytes: new Uint8Array(0), functionNames: names };
const HEATERS_TASK = 5;

type Step = number[] | number | 'stall' | '<';

/** Plays one run: an entry is a function with its argument, a number a span in cycles, 'stall' 100 ns in which no cycle passes, and '<' a return. */
function play(profile: CallProfile, startNs: number, ...steps: Step[]): void {
  let [cycles, timeNs] = [0, startNs];
  profile.begin(image, true, 1, timeNs);
  for (const step of steps) {
    if (Array.isArray(step)) profile.enter(step[0], step[1] ?? 0, cycles, timeNs);
    else if (step === '<') profile.leave(cycles, timeNs);
    else if (step === 'stall') timeNs += 100;
    else [cycles, timeNs] = [cycles + step, timeNs + 4 * step];
  }
  profile.end(cycles, timeNs);
}

const heaters = (linear: number): Step[] => [
  ...([[INTERRUPT, 1], 10, [SCHEDULER], 3, [CLOCK], 6, '<', [RUN_TASK, HEATERS_TASK], 1, [HEATERS], 20] as Step[]),
  ...([[LINEAR], linear, '<', [LINEAR], 7, 'stall', '<', 5, '<', 2, '<', 4, '<', 8] as Step[]),
];

const total = (node: CallNode): number =>
  node.cycles + [...node.children.values()].reduce((sum, child) => sum + total(child), 0);

describe('a profile', () => {
  const profile = new CallProfile();
  play(profile, 1000, ...heaters(30));
  play(profile, 5000, ...heaters(40));
  play(profile, 9000, ...heaters(1));
  const [module] = profile.modules;

  it('has every cycle once, by call stack', () => {
    expect(total(module.root)).toBe(module.cycles);
    expect([module.runs, module.cycles, module.timeNs]).toEqual([3, 3 * 66 + 71, 4 * (3 * 66 + 71) + 300]);
    const node = (...path: number[]) => path.reduce((at, key) => at.children.get(key) as CallNode, module.root);
    const task = RUN_TASK + (HEATERS_TASK + 1) * 2 ** 20;
    expect(node(INTERRUPT, SCHEDULER)).toMatchObject({ calls: 3, cycles: 21, timeNs: 84 });
    expect(node(INTERRUPT, SCHEDULER, task)).toMatchObject({ task: HEATERS_TASK, calls: 3, cycles: 9 });
    expect(node(INTERRUPT, SCHEDULER, task, HEATERS, LINEAR)).toMatchObject({ calls: 6, cycles: 92, timeNs: 668 });
  });

  it('has the longest run of each task, with the path that took it', () => {
    const [entry, task, ...others] = worstCases(profile.modules);
    expect(others).toEqual([]);
    expect(entry).toMatchObject({
      kind: 'entry',
      task: 'interrupt',
      runs: 3,
      startNs: 5000,
      cycles: 106,
      stallNs: 100,
    });
    expect(task).toMatchObject({
      kind: 'task',
      task: 'heaters',
      runs: 3,
      cycles: 75,
      timeNs: 400,
      stallNs: 100,
      cut: false,
    });
    expect(task.startNs).toBe(5000 + 4 * 19);
    expect(task.path.map(({ function: name, calls, cycles, ownCycles }) => [name, calls, cycles, ownCycles])).toEqual([
      [names[RUN_TASK], 1, 75, 3],
      [names[HEATERS], 1, 72, 25],
      [names[LINEAR], 2, 47, 47],
    ]);
  });

  it('is a file that speedscope opens: weights and events fit together, frames have their places', () => {
    const place = { file: 'firmware/sense/convert.ts', line: 12 };
    const file = speedscopeFile(profile, 'test', (_, name) => (name === names[LINEAR] ? place : undefined));
    const { frames } = file.shared;
    expect(file.profiles.map(({ name }) => name)).toEqual([
      'firmware 01234567: cycles',
      'firmware 01234567: virtual time',
      'longest heaters of firmware 01234567',
      'longest interrupt of firmware 01234567',
    ]);
    expect(frames).toContainEqual({ name: names[LINEAR], ...place });
    expect(frames.map(({ name }) => name)).toContain('firmware/generated/run-task/runTask (heaters)');
    for (const each of file.profiles) {
      if (each.type === 'sampled') {
        expect(each.samples.length).toBe(each.weights.length);
        expect(each.weights.reduce((sum, weight) => sum + weight, 0)).toBe(each.endValue);
        expect(Math.max(...each.samples.flat())).toBeLessThan(frames.length);
        continue;
      }
      const open: number[] = [];
      let last = each.startValue;
      for (const { type, frame, at } of each.events) {
        expect(at).toBeGreaterThanOrEqual(last);
        last = at;
        if (type === 'O') open.push(frame);
        else expect(open.pop()).toBe(frame);
      }
      expect([open, last]).toEqual([[], each.endValue]);
    }
  });
});

describe('a profile of a run that does not return', () => {
  it('has the task that was under way, with all that was open', () => {
    const profile = new CallProfile();
    play(profile, 0, [INTERRUPT, 1], [SCHEDULER], [RUN_TASK, HEATERS_TASK], [HEATERS], 1000);
    const task = worstCases(profile.modules).find(({ kind }) => kind === 'task');
    expect(task).toMatchObject({ task: 'heaters', cycles: 1000, cut: true });
    expect(task?.path.at(-1)).toMatchObject({ function: names[HEATERS], ownCycles: 1000 });
    play(profile, 9000, [INTERRUPT, 1], 5);
    expect(total(profile.modules[0].root)).toBe(1005);
  });
});

describe('a profile of a scheduler with other tasks', () => {
  it('calls a task by its number, or by its function where the compiler has left out what called it', () => {
    const profile = new CallProfile();
    const own = names.map((name) => name.replace('firmware/generated/run-task', '~lib/coldrig/firmware/library/tasks'));
    profile.begin({ ...image, functionNames: own }, true, 1, 0);
    profile.enter(INTERRUPT, 1, 0, 0);
    profile.enter(SCHEDULER, 0, 0, 0);
    for (const [called, argument] of [
      [RUN_TASK, 3],
      [BLINK, 0],
      [CLOCK, 0],
    ]) {
      profile.enter(called, argument, 0, 0);
      profile.leave(5, 20);
    }
    profile.end(5, 20);
    expect(worstCases(profile.modules).map(({ task }) => task)).toEqual(['interrupt', 'runBlink', 'task 3']);
  });
});

describe('the last runs as they happened', () => {
  it('are kept up to a number of calls, the newest at least', () => {
    const profile = new CallProfile({ timelineMost: 8 });
    for (let run = 0; run < 5; run++) play(profile, 1000 * run, [INTERRUPT, 1], 4, [LINEAR], 'stall', '<', 1);
    expect(profile.lastRuns.map(({ startNs }) => startNs)).toEqual([3000, 4000]);
    const [{ data, timeNs, cycles }] = profile.lastRuns;
    expect([...data]).toEqual([INTERRUPT, 0, 0, LINEAR, 4, 16, -1, 4, 116, -1, 5, 120]);
    expect([timeNs, cycles]).toEqual([120, 5]);
    play(profile, 9000, ...new Array(9).fill([LINEAR]));
    expect(profile.lastRuns.map(({ startNs }) => startNs)).toEqual([9000]);
  });
});
