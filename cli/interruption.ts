// Ctrl-C: ends the work so that it can clean up, and then ends the command.

import { ExitCode, Failure } from './failure.ts';

export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interruption = new AbortController();
  const interrupt = () =>
    interruption.abort(new Failure('INTERRUPTED', 'interrupted', { exitCode: ExitCode.INTERRUPTED }));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work(interruption.signal);
  } catch (error) {
    // Node's own timers and requests say that they were aborted, not why.
    if (interruption.signal.aborted && (error as Error)?.name === 'AbortError') throw interruption.signal.reason;
    throw error;
  } finally {
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}

/** Does long work step by step, so that Ctrl-C works between the steps. `onStep` gets what each step yields. */
export async function inSteps<Step, Result>(
  steps: Generator<Step, Result> | AsyncGenerator<Step, Result>,
  onStep: (step: Step) => void = () => {},
): Promise<Result> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
    onStep(step.value);
    await signalsHeard();
  }
}

/** A turn of the event loop: signals that came during long work are handled in it. */
export function signalsHeard(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** For work that goes on until it is ended from outside: `end` is called at Ctrl-C, at a signal, or when the reader of our output has gone. */
export async function endedFromOutside(end: () => void, work: () => Promise<void>): Promise<void> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, end);
  // As in `coldrig run | head`.
  process.stdout.once('error', end);
  try {
    await work();
  } finally {
    for (const signal of signals) process.removeListener(signal, end);
    process.stdout.removeListener('error', end);
  }
}
