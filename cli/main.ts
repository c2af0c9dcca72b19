// `coldrig`: runs one command line and returns its exit code. A command parses, calls and prints; the code that it calls is a library that others
// can use.
//
// What must stay true: only the command that is called is loaded, because the code of all of them takes ten times as long to load as this file.

import { Command, CommanderError } from 'commander';
import packageFile from '../package.json' with { type: 'json' };
import { type CatalogueEntry, calledEntry, catalogue } from './catalogue.ts';
import { ExitCode, explain } from './failure.ts';
import { paint, styleOf, wrap } from './terminal.ts';

const EXAMPLES = `
Examples:
  coldrig run                               an emulated board for clients on UDP port 1337
  coldrig image keygen my.pem               a signing key
  coldrig image sign app.wasm app.bin --key my.pem --version 1.2.0
  coldrig flash app.bin --confirm           upload, run on trial, confirm, or see it rolled back
  coldrig status                            which image runs, which waits, which was refused
  coldrig pulse check rabi.json             errors and warnings of a pulse program
  coldrig cryostat solve uts --heat 4K=100mW   temperatures and the heat of each source`;

/** Runs one command line; returns the exit code. */
export async function main(argumentList: string[]): Promise<number> {
  const program = await buildProgram(calledEntry(argumentList));
  try {
    await program.parseAsync(argumentList, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : ExitCode.OK;
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(error, argumentList);
    return report(error, argumentList);
  }
}

/** The program: the called command is ready to run, the others are only names. */
export async function buildProgram(called: CatalogueEntry | undefined): Promise<Command> {
  const program = new Command('coldrig')
    .description('Emulated qubit controller, and the tools to update it.')
    .option('--json', 'machine-readable output on stdout')
    .option('--verbose', 'print more about an error')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('(--help says how to call it)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  // `image sign` has a --version of its own, and an option of the program would be taken first.
  if (!called) program.version(packageFile.version, '--version', 'print the version');
  const ready = new Command();
  await called?.addTo(ready);
  for (const entry of catalogue) {
    program.addCommand((entry === called && ready.commands.find((each) => each.name() === entry.name)) || named(entry));
  }
  for (const command of program.commands) inherit(command, program);
  return program;
}

/** A command that is only listed. */
function named({ name, usage, about }: CatalogueEntry): Command {
  const command = new Command(name).description(about);
  const [options, words] = [usage.includes('[options]'), usage.replace('[options]', '').trim()];
  if (options) command.option('--any');
  if (words !== '') command.arguments(words);
  return command;
}

/** Commander passes settings on only to subcommands that are made by `command()`; ours are added by hand. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
}

/** Commander has already printed the message. */
function reportUsage(error: CommanderError, argumentList: string[]): number {
  if (error.exitCode === 0) return ExitCode.OK;
  const message = error.message.replace(/^error: /, '');
  if (argumentList.includes('--json')) printFailure({ code: 'USAGE', message });
  return ExitCode.USAGE;
}

function printFailure(error: object): void {
  process.stdout.write(`${JSON.stringify({ ok: false, error })}\n`);
}

function report(error: unknown, argumentList: string[]): number {
  const { code, message, exitCode, facts } = explain(error);
  if (argumentList.includes('--json')) {
    printFailure({ code, message, ...facts });
  } else {
    const style = styleOf(process.stderr);
    // A message of several lines has been laid out already.
    const laidOut = message.includes('\n') || !process.stderr.isTTY;
    const text = laidOut ? message : wrap(message, style.width - 7, '  ');
    process.stderr.write(`${paint(style, 'red', 'error:')} ${text}\n`);
  }
  if (argumentList.includes('--verbose') || process.env.COLDRIG_DEBUG) {
    process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
    if (error instanceof Error && error.cause) process.stderr.write(`cause: ${error.cause}\n`);
  }
  return exitCode;
}
