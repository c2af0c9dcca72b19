// Ctrl-C: ends the work under way, so that it can put things in order, and with it the command.

import { ExitCode, Failure } from './failure.ts';

export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interruption = new AbortController();
  const interrupt = () =>
    interruption.abort(new Failure('INTERRUPTED', 'interrupted', { exitCode: ExitCode.INTERRUPTED }));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    return await work(interruption.signal);
  } finally {
    process.removeListener('SIGINT', interrupt);
    process.removeListener('SIGTERM', interrupt);
  }
}

/** Long work of this process, a step at a time; in between Ctrl-C is heard. `onStep` is told what each step yields. */
export async function inSteps<Step, Result>(
  steps: Generator<Step, Result>,
  onStep: (step: Step) => void = () => {},
): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    onStep(step.value);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** For what goes on until it is told to end, and then ends in order: `end` is called by Ctrl-C, a signal, or when whoever read our output has gone. */
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
