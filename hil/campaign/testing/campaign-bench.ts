// What tests of campaigns have in common: a plan, units whose results are known, and a worker whose clock the test beats.

import type { Plan } from '../plan.ts';
import { look, resultsOf } from '../state.ts';
import { submit } from '../submit.ts';
import type { UnitBench, WorkOptions } from '../worker.ts';
import { type MemoryLine, MemoryServer } from './memory-queue.ts';

export const proved = { commit: 'abc', guests: { bootloader: '1122' }, tools: { node: '20' } };
export const planFor = (units: number, more: Partial<Plan> = {}): Plan => ({
  ...{ format: 1, kind: 'proof', options: { proof: 'power', seed: 1, effort: 'full' }, units, proved, ...more },
});

/** The unit's number is its result; `run` may say otherwise. */
export const bench = (run: (unit: number) => Promise<string> = async (unit) => `result of ${unit}`): UnitBench => ({
  ...{ proved, run, close: async () => {} },
});

interface Beats {
  every: WorkOptions['every'];
  beat(): void;
}

export function beats(): Beats {
  const calls = new Set<() => void>();
  return {
    every: (_milliseconds, call) => {
      calls.add(call);
      return () => calls.delete(call);
    },
    beat: () => {
      for (const call of calls) call();
    },
  };
}

export const options = (more: Partial<WorkOptions> = {}): WorkOptions => ({
  ...{ worker: 'a', threads: 1, signal: new AbortController().signal, every: beats().every, ...more },
});

export async function campaignOf(units: number): Promise<MemoryServer> {
  const server = new MemoryServer();
  await submit(server.line(), planFor(units));
  return server;
}

/** Lets everything go on that only waits for an answer. */
export const settle = async () => {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
};

/** A unit that runs until the test says so. */
export function heldBack() {
  const running = new Map<number, { end: () => void; fail: (why: Error) => void }>();
  const run = (unit: number) =>
    new Promise<string>((resolve, reject) =>
      running.set(unit, { end: () => resolve(`result of ${unit}`), fail: reject }),
    );
  return { running, run };
}

export const textsOf = async (line: MemoryLine) => (await resultsOf(line, await look(line))).map(({ text }) => text);
export const texts = (units: number) => Array.from({ length: units }, (_, index) => `result of ${index + 1}`);
