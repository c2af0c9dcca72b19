// `coldrig hil`: runs the scenarios of a project, and says what failed, what was measured, and how to see a failure again.

import { resolve } from 'node:path';
import { Command } from 'commander';
import { startingStates } from '../../hil/rig/scenario/states.ts';
import { timeText } from '../../hil/rig/time.ts';
import { besideBaseline } from '../../hil/run/baseline.ts';
import { changeText, NOTABLE_SHARE } from '../../hil/run/compare.ts';
import { jsonOf, junitOf } from '../../hil/run/report.ts';
import {
  type EndedScenario,
  NoScenarios,
  type RunOptions,
  type RunReport,
  runScenarios,
} from '../../hil/run/run-scenarios.ts';
import { writeLcov } from '../coverage.ts';
import { ExitCode, Failure } from '../failure.ts';
import { checkOutput, readInput, writeOutput } from '../files.ts';
import { checkReportFolder, pageOf, writeReport } from '../hil-report.ts';
import { untilInterrupted } from '../interruption.ts';
import { integerBetween, parseChoices, parseShard, parseWord } from '../options.ts';
import { refuseClashes } from '../outputs.ts';
import { type GlobalOptions, printedJson, printing, type Result } from '../result.ts';
import { paint, type Style, styleOf, table } from '../terminal.ts';
import { spanText } from '../words.ts';

interface HilOptions extends GlobalOptions {
  image?: string;
  key?: string;
  baseline?: string;
  bootloader?: string;
  target?: string;
  seed?: number;
  choices?: number[];
  effort?: number;
  shard?: { number: number; of: number };
  junit?: string;
  jsonFile?: string;
  lcov?: string;
  report?: string;
  out?: string;
  states?: boolean;
}

const HELP = `
Scenarios are the files *.scenario.ts in the folder scenarios (or hil/scenarios) of the folder where you are. A pattern is a part of
a scenario's name, or of the path of its file from there.

Examples:
  coldrig hil                                     all of them, on the development firmware
  coldrig hil thermal --seed 7                    those with 'thermal' in their name, with another seed
  coldrig hil --image app.bin --key my.pem        on your firmware; with the private key, also its updates
  coldrig hil --image new.bin --baseline old.bin  and beside another one: measurements, cycles, slack, heat, flash, boot
  coldrig hil --report build/report               and a page for people: open build/report/index.html, it needs no network
  coldrig hil --target udp://192.0.2.7:1337       what needs only SMP, on a device; the rest is skipped with its reason
  coldrig hil --shard 1/4 --junit hil.xml         a quarter, for one of four machines

A failure on the emulated board leaves build/hil/<file>/<scenario>/failure.coldrig: 'coldrig replay' repeats it in any process.
Exit code 0: all passed or were skipped for a reason. 1: one or more failed. 2: the command line is wrong, or no scenario has this name.
130: interrupted (Ctrl-C, SIGTERM); --junit and --json-file then have what ended before, and say so.
With --json: {ok, passed, failed, skipped, seconds, scenarios: [{name, module, verdict, seconds, measurements, ...}]}; each has, where they
apply, reason, message, file, line, printed, notes, from, fridge, seed, choices, timeNs, logHash. With --lcov there is also coverage {bootloader, firmware}, each
{blocks, reached, left: [{function, file, line, blocks}]}; with --report also report, the path of the page. With --report or --baseline a scenario on the emulated board has figures {cycles,
leastSlackUs, leastSlackTask, heatMillijoules, heatMilliwatts, flashErases, flashPrograms, bootMs}; with --baseline it has baseline {verdict,
measurements, differences: [{name, unit, value, baseline, change, isNotable, isWorse}]}, where change is a share of the baseline's figure.`;

export function addHilCommand(program: Command): void {
  program.addCommand(
    withChoice(new Command('hil'))
      .description('run scenarios: your firmware on an emulated board in its fridge, or on a real one')
      .option('--baseline <file>', 'signed image on which every scenario runs as well; the differences are shown')
      .option('--target <place>', 'run on this device: udp://host:port, serial:///dev/ttyX or serial://host:port')
      .option('--choices <list>', 'the choices of an earlier run, as its failure shows them', parseChoices)
      .option('--shard <i/n>', 'only the i-th of n shares', parseShard)
      .option('--junit <file>', 'write the result as JUnit XML')
      .option('--json-file <file>', 'write what --json prints, beside the text for people')
      .option('--lcov <out.info>', 'write which source lines of firmware and bootloader ran, as lcov')
      .option('--report <folder>', 'write index.html there: one page with timelines, measurements and coverage')
      .option('--out <folder>', 'folder for the files of failures (default: build/hil)')
      .option('--states', 'list the starting states of scenarios')
      .addHelpText('after', HELP)
      .action(printing((options: HilOptions, pattern?: string) => hil(options, pattern))),
  );
}

/** The options that say what is run, and with which guests. */
export function withChoice(command: Command): Command {
  return command
    .argument('[pattern]', 'only scenarios with this in their name or in the path of their file')
    .option('--image <file>', 'signed image under test (default: the development firmware)')
    .option('--key <key.pem>', 'key of the image; a private one also signs its updates')
    .option('--bootloader <file>', 'module of the bootloader (default: that of coldrig)')
    .option('--seed <n>', 'seed of random choices, of torn writes and of noise (default: 1)', parseWord)
    .option(
      '--effort <n>',
      'multiply the work by this, in scenarios that allow it (soak, game days)',
      integerBetween(1, 1_000_000),
    );
}

async function hil(options: HilOptions, pattern: string | undefined): Promise<Result> {
  if (options.states) return statesResult();
  checkOptions(options);
  const style = styleOf(process.stderr);
  const onEnd = options.json
    ? undefined
    : (ended: EndedScenario) => process.stderr.write(`${endedText(ended, style)}\n`);
  const onInterrupted = (report: RunReport) => {
    const { json } = hilEnding(report, options.junit);
    const result = { text: '', json, exitCode: ExitCode.INTERRUPTED };
    if (options.jsonFile !== undefined) writeOutput(options.jsonFile, printedJson(result), 'the result');
  };
  const run = (image: string | undefined, signal: AbortSignal, lcov?: string) =>
    reportOf({ ...options, image, lcov }, pattern, { signal, onEnd, onInterrupted });
  const report = await untilInterrupted(async (signal) => {
    const measured = await run(options.image, signal, options.lcov);
    return options.baseline === undefined ? measured : besideBaseline(measured, await run(options.baseline, signal));
  });
  const ending = hilEnding(report, options.junit);
  const { report: folder, image, baseline, target, seed, lcov } = options;
  const written = lcov === undefined ? undefined : await writeLcov(report.coverage ?? [], lcov, image);
  const facts = { image, baseline, target, seed, lcov: written?.lcov };
  const page = folder === undefined ? undefined : await writeReport(folder, report, facts);
  const differences = baseline === undefined ? undefined : differencesText(report);
  const json = { ...ending.json, ...(written && { coverage: written.figures }), ...(page && { report: page }) };
  if (options.jsonFile !== undefined) writeOutput(options.jsonFile, printedJson({ ...ending, json }), 'the result');
  return {
    ...ending,
    text: [ending.text, differences, written?.text, page && `the report is ${page}`].filter(Boolean).join('\n'),
    json,
  };
}

/** What `hil` prints and writes at its end. */
export function hilEnding(report: RunReport, junit: string | undefined): Result {
  if (junit !== undefined) writeOutput(junit, junitOf(report), 'the report');
  const failed = report.scenarios.some(({ verdict }) => verdict === 'failed');
  const text = textOf(report, styleOf(process.stdout));
  return { text, json: jsonOf(report), exitCode: failed ? ExitCode.FAILED : ExitCode.OK };
}

async function reportOf(
  options: HilOptions,
  pattern: string | undefined,
  heard: Pick<RunOptions, 'signal' | 'onEnd' | 'onInterrupted'>,
): Promise<RunReport> {
  const { seed, image, key, bootloader, target, choices, effort, out, shard, lcov, report, baseline } = options;
  const [imagePath, keyPath, bootloaderPath] = [image, key, bootloader].map((path) => path && resolve(path));
  const paths = { image: imagePath, key: keyPath, bootloader: bootloaderPath };
  const chronicle = report !== undefined || baseline !== undefined;
  const settings = { seed, target, choices, effort, out, chronicle, ...paths };
  const onPrint = (text: string) => void process.stderr.write(text);
  try {
    return await runScenarios({
      root: process.cwd(),
      settings,
      pattern,
      shard,
      ...heard,
      onPrint,
      coverage: lcov !== undefined,
    });
  } catch (error) {
    if (!(error instanceof NoScenarios)) throw error;
    throw new Failure('NO_SCENARIOS', error.message, { exitCode: ExitCode.USAGE });
  }
}

function checkOptions(options: HilOptions): void {
  const { image, key, baseline, bootloader, target, junit, jsonFile, lcov, report } = options;
  const usage = (text: string) => new Failure('OPTION', text, { exitCode: ExitCode.USAGE });
  if (image !== undefined && key === undefined)
    throw usage('--image needs the key that the device shall trust: add --key KEY.pem');
  if (baseline !== undefined && image === undefined)
    throw usage('--baseline is compared with an image: add --image FILE');
  if (target !== undefined && (bootloader !== undefined || baseline !== undefined))
    throw usage('--bootloader and --baseline are for the emulated board; leave them out with --target');
  if (target !== undefined && lcov !== undefined)
    throw usage('--lcov counts what an emulated board executes; leave it out with --target');
  for (const [path, what] of [
    [image, 'the image'],
    [key, 'the key'],
    [baseline, 'the baseline'],
    [bootloader, 'the bootloader'],
  ] as const)
    if (path !== undefined) readInput(path, what);
  const page = report === undefined ? undefined : pageOf(report);
  refuseClashes(
    { '--junit': junit, '--json-file': jsonFile, '--lcov': lcov, '--report': page },
    { '--image': image, '--key': key, '--baseline': baseline, '--bootloader': bootloader },
  );
  if (junit !== undefined) checkOutput(junit, 'the report');
  if (jsonFile !== undefined) checkOutput(jsonFile, 'the result');
  if (lcov !== undefined) checkOutput(lcov, 'the coverage');
  if (report !== undefined) checkReportFolder(report);
}

const marks = { passed: ['✓', 'green'], failed: ['✗', 'red'], skipped: ['-', 'yellow'] } as const;

function endedText({ name, verdict, seconds, reason, message }: EndedScenario, style: Style): string {
  const [mark, tone] = marks[verdict];
  const head = `${paint(style, tone, mark)} ${name}  ${paint(style, 'dim', spanText(seconds * 1e9))}`;
  const more = verdict === 'failed' ? message : verdict === 'skipped' ? reason : undefined;
  return more === undefined
    ? head
    : `${head}\n${more
        .split('\n')
        .map((line) => `    ${line}`)
        .join('\n')}`;
}

function textOf({ scenarios, seconds }: RunReport, style: Style): string {
  const rows = scenarios.map((each) => [
    each.verdict,
    each.name,
    each.timeNs === undefined ? '' : timeText(each.timeNs),
    each.measurements.map((one) => measurementText(one, each.baseline?.measurements)).join(', '),
  ]);
  const count = (verdict: string) => scenarios.filter((each) => each.verdict === verdict).length;
  const sum = `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped in ${spanText(seconds * 1e9)}`;
  const replays = scenarios.flatMap(({ file }) => (file === undefined ? [] : [`  coldrig replay ${file}`]));
  return [
    table([['', 'scenario', 'virtual time', 'measured'], ...rows]),
    '',
    ...(replays.length > 0 ? ['see the failures again:', ...replays, ''] : []),
    paint(style, count('failed') > 0 ? 'red' : 'green', sum),
  ].join('\n');
}

/** What a reviewer should look at. */
function differencesText({ scenarios }: RunReport): string {
  const rows = scenarios.flatMap(({ name, baseline }) =>
    (baseline?.differences ?? [])
      .filter(({ isNotable }) => isNotable)
      .map((each) => [
        ...[name, each.name, `${number(each.value)} ${each.unit}`, `${number(each.baseline)} ${each.unit}`],
        `${changeText(each)}, ${each.isWorse ? 'worse' : 'better'}`,
      ]),
  );
  const percent = `${100 * NOTABLE_SHARE} %`;
  if (rows.length === 0) return `\nNo figure differs from the baseline by ${percent} or more.`;
  return `\n${table([['differs from the baseline', 'figure', 'image', 'baseline', 'change'], ...rows])}`;
}

const number = (of: number): number => Number(of.toPrecision(4));

function measurementText(
  { name, value, unit }: EndedScenario['measurements'][number],
  baseline: EndedScenario['measurements'] = [],
): string {
  const other = baseline.find((each) => each.name === name);
  return `${name} ${number(value)}${other === undefined || other.value === value ? '' : ` (was ${number(other.value)})`} ${unit}`;
}

function statesResult(): Result {
  const states = startingStates().map(({ name, about, from, onWire }) => ({
    name,
    about,
    from: from ?? null,
    wire: onWire !== undefined,
  }));
  const rows = states.map(({ name, about, wire }) => [name, wire ? 'yes' : '', about]);
  return { text: table([['state', 'on a device', 'what it is'], ...rows]), json: { states } };
}
