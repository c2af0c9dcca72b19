// Drives the planner: between its steps Ctrl-C and the clock are heard. Either ends the search with the best table so far, and the result says so.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Plan } from '../../host/tools/multiplexer/plan.ts';
import type { PlanResult } from '../../host/tools/multiplexer/planner.ts';
import { hearSignals } from '../interruption.ts';

export type Ending = 'finished' | 'interrupted' | 'out of time';

export interface SearchResult {
  ending: Ending;
  /** What the planner returned, when it finished. */
  result?: PlanResult;
  /** The best table, finished or not. */
  plan?: Plan;
  seconds: number;
}

/** `clockSeconds`: when to stop whatever the planner has counted; only a machine much slower than usual gets there. */
export async function searchUntilStopped(
  steps: Generator<Plan | undefined, PlanResult>,
  clockSeconds: number,
): Promise<SearchResult> {
  let isInterrupted = false;
  const interrupt = () => {
    isInterrupted = true;
  };
  const stop = hearSignals(['SIGINT', 'SIGTERM'], interrupt);
  const began = performance.now();
  const seconds = () => (performance.now() - began) / 1000;
  let plan: Plan | undefined;
  try {
    for (;;) {
      const step = steps.next();
      if (step.done) return { ending: 'finished', result: step.value, plan: step.value.plan, seconds: seconds() };
      plan = step.value ?? plan;
      await nextTurn();
      if (isInterrupted) return { ending: 'interrupted', plan, seconds: seconds() };
      if (seconds() > clockSeconds) return { ending: 'out of time', plan, seconds: seconds() };
    }
  } finally {
    stop();
  }
}
