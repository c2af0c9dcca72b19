// Ctrl-C: ends the work under way through a signal, so that it can put things in order, and with it the command.

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
