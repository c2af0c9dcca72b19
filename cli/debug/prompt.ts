// The debugger's prompt: a line is read, done and answered, until there are no more. An empty line repeats the one before, as in other debuggers.
//
// Ctrl-C ends the move that is going on; the run then stands where it was interrupted.

import { createInterface } from 'node:readline';
import { explain } from '../failure.ts';
import { doCommand, isQuit } from './commands.ts';
import type { OpenedDebugger } from './open.ts';

const PROMPT = '(coldrig) ';

export interface PromptStreams {
  input: NodeJS.ReadableStream & { isTTY?: boolean };
  output: NodeJS.WritableStream & { isTTY?: boolean };
}

export async function prompt(
  { debug, interrupt, beginMove }: OpenedDebugger,
  { input, output }: PromptStreams,
): Promise<void> {
  const terminal = input.isTTY === true && output.isTTY === true;
  const lines = createInterface({ input, output: terminal ? output : undefined, terminal, prompt: PROMPT });
  let isBusy = false;
  const onInterrupt = () => {
    if (isBusy) interrupt();
    else if (terminal) {
      output.write("\n'quit' leaves\n");
      lines.prompt();
    } else lines.close();
  };
  lines.on('SIGINT', onInterrupt);
  if (!terminal) process.on('SIGINT', onInterrupt);
  let last = '';
  try {
    if (terminal) lines.prompt();
    for await (const typed of lines) {
      const line = typed.trim() === '' ? last : typed;
      if (isQuit(line)) break;
      last = line;
      beginMove();
      isBusy = true;
      if (line !== '') output.write(`${await answerTo(debug, line)}\n`);
      isBusy = false;
      if (terminal) lines.prompt();
    }
  } finally {
    lines.close();
    process.removeListener('SIGINT', onInterrupt);
  }
}

async function answerTo(debug: OpenedDebugger['debug'], line: string): Promise<string> {
  try {
    return (await doCommand(debug, line)).text;
  } catch (error) {
    return `error: ${commandProblem(error)}`;
  }
}

/** What was wrong with a command, in words. */
export function commandProblem(error: unknown): string {
  const isExpected =
    error instanceof Error && ['CommandError', 'BreakpointError', 'RangeError', 'Fault'].includes(error.name);
  return isExpected ? error.message : explain(error).message;
}
