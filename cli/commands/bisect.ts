// `coldrig bisect`: the first moment at which two recorded runs part, and in which line of the source.

import { Command } from 'commander';
import { type Deed, type SourceParting, sourceParting } from '../../hil/debug/parting.ts';
import type { OpenRun } from '../../hil/debug/recorded-run.ts';
import { whereTheyPart } from '../../hil/rig/bisect.ts';
import { recordText } from '../../hil/rig/event-log.ts';
import { timeText } from '../../hil/rig/time.ts';
import type { LogRecord } from '../../host/board/log.ts';
import { shownPath } from '../../host/tools/coverage/find-map.ts';
import { mapsAround, runOf } from '../debug/open.ts';
import { frameText, lineText } from '../debug/words.ts';
import { signalsHeard } from '../interruption.ts';
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
where the runs are the same to their end. source is {both, first, second}: what the core did last in both runs, and what it did then in each, as {cycle, does,
function, file, line}, or null for one whose run of the core had ended; source is null where the core did nothing otherwise before that record.`;

export function addBisectCommand(program: Command): void {
  program.addCommand(
    new Command('bisect')
      .description('find the first cycle at which two recorded runs differ')
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
  const runs: [OpenRun, OpenRun] = [runOf(first, { ...options, onStep }), runOf(second, { ...options, onStep })];
  const turn = () => signalsHeard().then(() => false);
  const source = await sourceParting(runs, same, { placesOf: mapsAround({ ...options, onStep }), turn });
  const lines = before.map((record) => recordText(record));
  return {
    text: [
      `they part after ${timeText(timeNs)} (${timeNs} ns, cycle ${cycle}); ${same} records are the same, the last of them:`,
      ...lines.map((line) => `    ${line}`),
      `then ${first}:`,
      `    ${one}`,
      `and ${second}:`,
      `    ${other}`,
      ...(source === undefined ? [] : sourceLinesOf(source, first, second)),
    ].join('\n'),
    json: {
      same: false,
      timeNs,
      cycle,
      records: same,
      before: lines,
      first: one,
      second: other,
      source: sourceJson(source),
    },
  };
}

function sourceLinesOf({ both, each }: SourceParting, first: string, second: string): string[] {
  const rows: [string, Deed | undefined][] = [
    ['in the source, both', both],
    [`then ${first}`, each[0]],
    [`and ${second}`, each[1]],
  ];
  return rows.flatMap(([who, deed]) => [`${who}:`, ...deedLines(deed).map((line) => `    ${line}`)]);
}

function deedLines(deed: Deed | undefined): string[] {
  if (deed === undefined) return ['the core does nothing more'];
  const { cycle, does, file, line } = deed;
  const source = file === undefined ? '' : lineText(file, line ?? 0);
  return [`cycle ${cycle}, ${frameText({ ...deed, argument: 0 })}: ${does}`, ...(source === '' ? [] : [source])];
}

const deedJson = (deed: Deed | undefined) =>
  deed === undefined
    ? null
    : {
        ...{ cycle: deed.cycle, timeNs: deed.timeNs, does: deed.does, function: deed.function },
        ...{ file: deed.file === undefined ? null : shownPath(deed.file), line: deed.line ?? null },
      };

const sourceJson = (source: SourceParting | undefined) =>
  source === undefined
    ? null
    : { both: deedJson(source.both), first: deedJson(source.each[0]), second: deedJson(source.each[1]) };
