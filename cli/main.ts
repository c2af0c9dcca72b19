// `coldrig`: what the commands are. Each command parses, calls and prints; what it calls is a library somebody else may use.

import { Command, CommanderError } from 'commander';
import { addBootlogCommand } from './commands/bootlog.ts';
import { addCryostatCommands } from './commands/cryostat.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDeviceCommands } from './commands/device.ts';
import { addFlashCommand } from './commands/flash.ts';
import { addImageCommands } from './commands/image.ts';
import { addProveCommand } from './commands/prove.ts';
import { addPulseCommands } from './commands/pulse.ts';
import { addReplayCommand } from './commands/replay.ts';
import { addRunCommand } from './commands/run.ts';
import { ExitCode, explain } from './failure.ts';
import { paint, styleOf, wrap } from './terminal.ts';

const EXAMPLES = `
Examples:
  coldrig run                               an emulated board, ready for clients on UDP port 1337
  coldrig image keygen my.pem               a signing key
  coldrig image sign app.wasm app.bin --key my.pem --version 1.2.0
  coldrig flash app.bin --confirm           upload, try, confirm, or see it undone
  coldrig status                            what runs, what waits, what was refused
  coldrig pulse check rabi.json             what is wrong with a pulse program
  coldrig cryostat solve uts --heat 4K=100mW   who heats which stage, and how warm it gets`;

/** Runs one command line; returns the exit code. */
export async function main(argumentList: string[]): Promise<number> {
  // A reader that has seen enough (`| head`) is not an error; `run` hears of it too, and ends in order.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = ExitCode.FAILED;
  });
  const program = buildProgram();
  try {
    await program.parseAsync(argumentList, { from: 'user' });
    return typeof process.exitCode === 'number' ? process.exitCode : ExitCode.OK;
  } catch (error) {
    if (error instanceof CommanderError) return reportUsage(error, argumentList);
    return report(error, argumentList);
  }
}

function buildProgram(): Command {
  const program = new Command('coldrig')
    .description('Emulated qubit controller, and the tools to update it.')
    .option('--json', 'machine-readable output on stdout')
    .option('--verbose', 'say more when something goes wrong')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('(--help says how to call it)')
    .addHelpText('after', EXAMPLES)
    .exitOverride();
  addRunCommand(program);
  addReplayCommand(program);
  addProveCommand(program);
  addDemoCommand(program);
  addFlashCommand(program);
  addDeviceCommands(program);
  addBootlogCommand(program);
  addImageCommands(program);
  addCryostatCommands(program);
  addPulseCommands(program);
  for (const command of program.commands) inherit(command, program);
  return program;
}

/** Subcommands of subcommands take over settings only when they are made by `command()`; ours are added by hand. */
function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
}

/** Commander has told the person already. */
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
