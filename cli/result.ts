// The result of a command, in two forms: text for people, and an object with stable keys for machines.

import type { Command } from 'commander';

export interface Result {
  /** Without a trailing newline. */
  text: string;
  /** Keys are documented in the command's help and keep their meaning. */
  json: object;
  exitCode?: number;
}

export interface GlobalOptions {
  json?: boolean;
  verbose?: boolean;
}

/** A result as `--json` prints it: one line. */
export const printedJson = ({ json, exitCode = 0 }: Result): string =>
  `${JSON.stringify({ ok: exitCode === 0, ...json })}\n`;

/** Wraps the work of a command so that its result is printed in the requested form. */
export function printing<Arguments extends unknown[], Options extends object>(
  work: (options: Options & GlobalOptions, ...values: Arguments) => Result | Promise<Result>,
) {
  // Commander calls with the positional values, then the options, then the command.
  return async (...received: unknown[]): Promise<void> => {
    const command = received.at(-1) as Command;
    const values = received.slice(0, -2) as Arguments;
    const options = command.optsWithGlobals<Options & GlobalOptions>();
    const result = await work(options, ...values);
    process.stdout.write(options.json ? printedJson(result) : `${result.text}\n`);
    if (result.exitCode) process.exitCode = result.exitCode;
  };
}
