// `coldrig debug`: a recorded run, forward and back, line by line.

import { Command } from 'commander';
import { doCommand, helpText, isQuit } from '../debug/commands.ts';
import { serveDap } from '../debug/dap.ts';
import { type DebugOptions, type OpenedDebugger, openDebugger } from '../debug/open.ts';
import { commandProblem, prompt } from '../debug/prompt.ts';
import { standJson, standText } from '../debug/words.ts';
import { ExitCode, Failure } from '../failure.ts';
import { collect } from '../options.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { buildNotes } from '../run/new-device.ts';

interface Options extends GlobalOptions, Omit<DebugOptions, 'onStep'> {
  commands?: string;
  dap?: boolean;
}

const HELP = `
The file is of a kind that 'coldrig replay' takes. It is played to its end, where the run failed; from there one goes back. Times count from its beginning.

${helpText()}

Examples:
  coldrig debug failure.coldrig
  coldrig debug failure.coldrig --commands 'break write RAILS.ENABLE; rcontinue; where; list'
  coldrig debug run.jsonl --image app.bin --commands 'break event RESET; rcontinue; back' --json
  coldrig debug --dap                      for an editor, which gives the file as program (docs/debug.md)

Exit code 0, or 1 when a command of --commands could not be done. With --json (and --commands): {ok, answers: [{command, …}]}; a move and where have {timeNs,
cycle, inCore, outcome, reason, breakpoint, frames: [{function, file, line}]}, a command that could not be done has {error}, and the others are not done.`;

export function addDebugCommand(program: Command): void {
  program.addCommand(
    new Command('debug')
      .description('step through a recorded run or a failure, forward and back, by source line')
      .argument('[file]', 'failure.coldrig or input log')
      .option('--commands <list>', "run these commands, separated by ';', instead of reading them from the terminal")
      .option('--dap', 'speak the Debug Adapter Protocol on stdin and stdout, for an editor')
      .option('--image <file>', 'signed image of the device of an input log (default: the development firmware)')
      .option('--key <key.pem>', 'key that its fuses trust; may be repeated (default: the development key)', collect)
      .option('--flash <file.bin>', 'device at the beginning of an input log; the file is only read')
      .option('--salvage', 'take the whole part of a damaged input log')
      .addHelpText('after', HELP)
      .action(async (path: string | undefined, _: object, command: Command) => {
        const options = command.optsWithGlobals<Options>();
        if (options.dap === true) {
          const open = (program = path) => opened({ ...options, json: true }, given(program));
          await serveDap(open, process.stdin, process.stdout);
          return;
        }
        given(path);
        if (options.commands !== undefined || options.json === true)
          return printing((all: Options, file: string) => debugOnce(all, file))(path, options, command);
        await debugAsking(options, given(path));
      }),
  );
}

function given(path: string | undefined): string {
  if (path !== undefined) return path;
  throw new Failure(
    'USAGE',
    'which recording? Give a failure.coldrig, or the inputs of a run; an editor may give it as program',
    {
      exitCode: ExitCode.USAGE,
    },
  );
}

const opened = (
  { commands: _, dap: ___, json, verbose: __, ...options }: Options,
  path: string,
): Promise<OpenedDebugger> => openDebugger(path, { ...options, onStep: buildNotes(json === true) });

async function debugAsking(options: Options, path: string): Promise<void> {
  const session = await opened(options, path);
  const { head, tail } = session.recording;
  process.stdout.write(`${[...head, ...tail, standText(session.debug.stand)].join('\n')}\n`);
  await prompt(session, { input: process.stdin, output: process.stdout });
}

async function debugOnce(options: Options, path: string): Promise<Result> {
  const { debug } = await opened(options, path);
  const lines = (options.commands ?? '').split(';').filter((line) => line.trim() !== '');
  const texts: string[] = [];
  const answers: object[] = [{ command: '', ...standJson(debug.stand) }];
  for (const line of lines) {
    if (isQuit(line)) break;
    const command = line.trim();
    texts.push(`(coldrig) ${command}`);
    try {
      const { text, json } = await doCommand(debug, command);
      texts.push(text);
      answers.push({ command, ...json });
    } catch (error) {
      const problem = commandProblem(error);
      texts.push(`error: ${problem}`);
      answers.push({ command, error: problem });
      return { text: texts.join('\n'), json: { answers }, exitCode: ExitCode.FAILED };
    }
  }
  return { text: [standText(debug.stand), ...texts].slice(lines.length === 0 ? 0 : 1).join('\n'), json: { answers } };
}
