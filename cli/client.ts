// Shared by all commands that talk to a device: the target option, opening and closing the client, Ctrl-C.

import type { Command } from 'commander';
import { SmpClient, SmpError } from '../host/tools/smp/index.ts';
import { Smp } from '../protocol/smp/smp.ts';
import { untilInterrupted } from './interruption.ts';
import { parseMilliseconds } from './options.ts';

export const DEFAULT_TARGET = `udp://127.0.0.1:${Smp.UDP_PORT}`;

export interface TargetOptions {
  target: string;
  timeout?: number;
}

export function withTarget(command: Command): Command {
  return command
    .option('--target <place>', 'udp://host:port, serial:///dev/ttyX or serial://host:port', DEFAULT_TARGET)
    .option('--timeout <ms>', 'how long to wait for an answer of the device', parseMilliseconds);
}

/** Opens a client for `work` and closes it, whatever happens. Ctrl-C ends the work and with it the command. */
export function withClient<Result>(
  { target, timeout }: TargetOptions,
  work: (client: SmpClient, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  return untilInterrupted(async (signal) => {
    let client: SmpClient | undefined;
    try {
      // A serial line may still carry answers to a client before us.
      const firstSequence = process.pid & 0xff;
      client = await SmpClient.open(target, { timeoutMs: timeout, firstSequence, signal });
      return await work(client, signal);
    } finally {
      await client?.close();
    }
  });
}

/** The answer, or undefined from a device that does not know the question (the bootloader knows fewer). */
export async function ifKnown<Result>(question: Promise<Result>): Promise<Result | undefined> {
  try {
    return await question;
  } catch (error) {
    if (error instanceof SmpError && error.kind === 'device') return undefined;
    throw error;
  }
}
