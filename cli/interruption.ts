// Ctrl-C: ends the work so that it can clean up, and then ends the command.

import { ExitCode, Failure } from './failure.ts';

/** From the first signal on, milliseconds: npx, make and timeout pass on a Ctrl-C that the terminal has sent to all, so that it comes twice. */
const SAME_MS = 1000;

/**
 * `onFirst` is called at the first of these signals. What comes soon after it is the same Ctrl-C; one that comes later ends the process at once.
 * Returns what ends the hearing.
 */
export function hearSignals(names: readonly NodeJS.Signals[], onFirst: () => void): () => void {
  let firstMs: number | undefined;
  const hear = (name: NodeJS.Signals) => {
    if (firstMs === undefined) {
      firstMs = performance.now();
      onFirst();
    } else if (performance.now() - firstMs > SAME_MS) {
      stop();
      process.kill(process.pid, name);
    }
  };
  const stop = () => {
    for (const name of names) process.removeListener(name, hear);
  };
  for (const name of names) process.on(name, hear);
  return () => {
    const leftMs = firstMs === undefined ? 0 : firstMs + SAME_MS - performance.now();
    // What the command still has to write is not lost by the same Ctrl-C either.
    if (leftMs > 0) setTimeout(stop, leftMs).unref();
    else stop();
  };
}

export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interruption = new AbortController();
  const interrupt = () =>
    interruption.abort(new Failure('INTERRUPTED', 'interrupted', { exitCode: ExitCode.INTERRUPTED }));
  const stop = hearSignals(['SIGINT', 'SIGTERM'], interrupt);
  try {
    return await work(interruption.signal);
  } catch (error) {
    // Node's own timers and requests say that they were aborted, not why.
    if (interruption.signal.aborted && (error as Error)?.name === 'AbortError') throw interruption.signal.reason;
    throw error;
  } finally {
    stop();
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
  const stop = hearSignals(['SIGINT', 'SIGTERM', 'SIGHUP'], end);
  // As in `coldrig run | head`.
  process.stdout.once('error', end);
  try {
    await work();
  } finally {
    stop();
    process.stdout.removeListener('error', end);
  }
}
