// `coldrig bisect`: the first moment at which two recorded runs part.

import { Command } from 'commander';
import { whereTheyPart } from '../../hil/rig/bisect.ts';
import { recordText } from '../../hil/rig/event-log.ts';
import { timeText } from '../../hil/rig/time.ts';
import type { LogRecord } from '../../host/board/log.ts';
import { collect } from '../options.ts';
import { type OpenOptions, openRecording } from '../replay/open.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { buildNotes } from '../run/new-device.ts';

type BisectOptions = GlobalOptions & Omit<OpenOptions, 'onStep'>;

const HELP = `
Both files are of the kinds that 'coldrig replay' takes: a failure.coldrig of a scenario, or the inputs of 'coldrig run --record'. Two failures of one
scenario that began in the same state, or two runs of one device, are the same up to the record that is shown; what follows is a consequence of it.

Example:
  coldrig bisect good.coldrig bad.coldrig

Exit code 0, also where they part. With --json: {ok, same, timeNs, cycle, records, before: [text], first, second}; same is true, and the others are missing,
where the runs are the same to their end.`;

export function addBisectCommand(program: Command): void {
  program.addCommand(
    new Command('bisect')
      .description('find the first cycle at which two recorded runs part')
      .argument('<first>', 'failure.coldrig or input log')
      .argument('<second>', 'the other one')
      .option('--image <file>', 'signed image of the device of input logs (default: the development firmware)')
      .option('--key <key.pem>', 'key that its fuses trust; may be repeated (default: the development key)', collect)
      .addHelpText('after', HELP)
      .action(printing((options: BisectOptions, ...paths: [string, string]) => bisect(options, paths))),
  );
}

async function bisect(
  { json, verbose: _, ...options }: BisectOptions,
  [first, second]: [string, string],
): Promise<Result> {
  const onStep = buildNotes(json === true);
  const maker = (path: string) => () => openRecording(path, { ...options, onStep });
  const parting = await whereTheyPart([maker(first), maker(second)]);
  if (parting === undefined) return { text: `${first} and ${second} are the same run`, json: { same: true } };
  const { timeNs, cycle, before, records, same } = parting;
  const text = (record: LogRecord | undefined) => (record === undefined ? 'it ends here' : recordText(record));
  const [one, other] = records.map(text);
  const lines = before.map((record) => recordText(record));
  return {
    text: [
      `they part after ${timeText(timeNs)} (${timeNs} ns, cycle ${cycle}); ${same} records are the same, the last of them:`,
      ...lines.map((line) => `    ${line}`),
      `then ${first}:`,
      `    ${one}`,
      `and ${second}:`,
      `    ${other}`,
    ].join('\n'),
    json: { same: false, timeNs, cycle, records: same, before: lines, first: one, second: other },
  };
}
