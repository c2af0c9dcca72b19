// `coldrig run`: one emulated board that serves clients until Ctrl-C.

import { Command, Option } from 'commander';
import { coverageOf } from '../../hil/rig/coverage.ts';
import { faultHelp } from '../../hil/rig/faults/language.ts';
import type { Board } from '../../host/board/board.ts';
import { BoardView } from '../../host/board/view.ts';
import { DeviceFile } from '../../host/links/device-file/device-file.ts';
import type { Speed } from '../../host/links/pacer.ts';
import { type HttpPlace, usualPlace } from '../../host/telemetry/metrics/serve.ts';
import { CallProfile } from '../../host/tools/profile/call-profile.ts';
import { runbookPath } from '../../protocol/runbooks.ts';
import { Smp } from '../../protocol/smp/smp.ts';
import { type WrittenCoverage, writeLcov } from '../coverage.ts';
import { noteDevice } from '../device/note.ts';
import { ExitCode, Failure } from '../failure.ts';
import { writeOutput } from '../files.ts';
import { endedFromOutside } from '../interruption.ts';
import { collect, parseHost, parsePlace, parsePort, parseSeconds, parseSpeed, parseWord } from '../options.ts';
import { type WrittenProfile, writeProfile } from '../profile.ts';
import type { GlobalOptions } from '../result.ts';
import type { Dashboard } from '../run/dashboard.ts';
import { RunFridge } from '../run/fridge.ts';
import { fridgePlot } from '../run/fridge-plot.ts';
import { viewLines } from '../run/fridge-view.ts';
import { alarmText, connectText, lineJson, runbooksText } from '../run/lines.ts';
import { LiveLog, toldKinds } from '../run/live-log.ts';
import type { LogLine } from '../run/log-line.ts';
import { buildNotes, newDevice } from '../run/new-device.ts';
import { checkRunFiles } from '../run/run-files.ts';
import { RunScreen } from '../run/screen.ts';
import { Session } from '../run/session.ts';
import { type Style, styleOf, wrap } from '../terminal.ts';
import { momentText } from '../words.ts';

interface RunOptions extends GlobalOptions {
  image?: string;
  key?: string[];
  seed: number;
  speed: Speed;
  udp: number;
  host?: string;
  serial?: number;
  pty?: string;
  flash?: string;
  salvage?: boolean;
  devices?: string;
  record?: string;
  for?: number;
  fridge?: string;
  fault?: string[];
  dashboard?: boolean;
  listen?: HttpPlace;
  plot?: string;
  lcov?: string;
  profile?: string;
}

const usualAddress = `${usualPlace.host}:${usualPlace.port}`;

const EXAMPLES = `
Examples:
  coldrig run                                    smpmgr --ip 127.0.0.1 image state-read
  coldrig run --pty /tmp/coldrig                 smpmgr --port /tmp/coldrig image state-read
  coldrig run --flash my-device.bin              the same device again next time
  coldrig run --speed 10 --record run.jsonl      ten times as fast; inputs kept for 'coldrig replay'
  coldrig run --dashboard --fridge uts           telemetry in a browser, and at /metrics
  coldrig run --fridge uts --fault 'thermal-rise at 4K 200mW after 30s' --speed 100 --for 120 --plot rise.svg

A fault is KIND at PLACE [SIZE] [after TIME] [for TIME], for instance:
${faultHelp()}

With --json every line is an object {timeNs, event, …}; times are virtual. The first is ready {links, origin, seed, speed, pid, page},
the last end {logHash}; in between reset, fault, halted, image-refused, image-rejected, boot-decision, boot, safe-mode,
firmware-start, heartbeat, upload-start, upload-done, image-pending, image-confirmed, slot-erased, reset-requested, and of the
cryostat's side interlock-tripped, safe-state, sensor-lost, clock-switched, load-shed and the like. With --fridge the end has
temperatures, in kelvin by stage; with --lcov it has coverage {bootloader, firmware}, each {blocks, reached};
with --profile it has profile: the longest run of each task [{module, kind, task, runs, cycles, timeNs, stallNs, startNs, cut, path:
[{function, calls, cycles, timeNs, ownCycles}]}].
An alarm has runbook, the path of its page; the end has runbooks, those of all alarms.`;

export function addRunCommand(program: Command): void {
  program.addCommand(
    new Command('run')
      .description('run an emulated board until Ctrl-C')
      .option('--image <file>', 'signed image of a new device (default: the development firmware)')
      .option('--key <key.pem>', 'key that its fuses trust; may be repeated (default: the development key)', collect)
      .option('--seed <n>', 'seed: decides what a power cut leaves in flash', parseWord, 1)
      .option(
        '--speed <x>',
        'virtual seconds per real second, or max (without --for it pauses after an idle hour of virtual time)',
        parseSpeed,
        1,
      )
      .option('--udp <port>', 'port of the gateway; 0 chooses one', parsePort, Smp.UDP_PORT)
      .addOption(new Option('--port <port>', 'same as --udp').argParser(parsePort).hideHelp())
      .option('--host <address>', 'address to listen on (default: this machine only)', parseHost)
      .option('--serial <port>', 'serve the console on this TCP port', parsePort)
      .option('--pty <path>', 'serve the console as a pseudo-terminal at this path')
      .option('--flash <file.bin>', 'keep flash and fuses in this file')
      .option('--salvage', 'use the whole parts of a damaged --flash file, and report what is left out')
      .option(
        '--devices <file>',
        "note its serial number and attestation key there, as a factory does ('coldrig device attest')",
      )
      .option('--record <file>', 'write all inputs to this file, for a replay')
      .option('--fridge <preset|file.yaml>', 'put the board into a cryostat: uts, xld, stand, or a fridge file')
      .option('--fault <text>', 'cause a fault in the cryostat; may be repeated', collect)
      .option('--dashboard', `take its telemetry, and show it in a page at ${usualAddress}`)
      .option('--listen <host:port>', 'the same, at another address', parsePlace)
      .option('--plot <out.svg>', 'draw temperatures and power over time at the end')
      .option('--lcov <out.info>', 'write which source lines of firmware and bootloader ran, as lcov, at the end')
      .option(
        '--profile <out.json>',
        'write where the cycles went, for speedscope.app, and show the longest run of each task',
      )
      .option('--for <seconds>', 'end after this many virtual seconds', parseSeconds)
      .addHelpText('after', EXAMPLES)
      .action(async (_options: object, command: Command) => {
        const options = command.optsWithGlobals<RunOptions & { port?: number }>();
        await run({ ...options, udp: options.port ?? options.udp });
      }),
  );
}

async function run(options: RunOptions): Promise<void> {
  checkRunFiles(options);
  if (options.flash === undefined) {
    if (options.salvage)
      throw new Failure('OPTION', '--salvage needs a device file: add --flash FILE', { exitCode: ExitCode.USAGE });
    return runWith(undefined, options);
  }
  const file = DeviceFile.open(options.flash, { salvage: options.salvage });
  try {
    await runWith(file, options);
  } finally {
    // The session has closed it, unless there was none.
    file.close();
  }
}

async function runWith(file: DeviceFile | undefined, options: RunOptions): Promise<void> {
  const style = styleOf(process.stdout);
  const fridge = fridgeOf(options);
  const calls = options.profile === undefined ? undefined : new CallProfile();
  const { board, origin, fingerprint } = await newDevice(
    {
      ...{ seed: options.seed, image: options.image, keys: options.key, surroundings: fridge?.wired },
      watch: { countBlocks: options.lcov !== undefined, calls },
      kept: file?.contents && { contents: file.contents, path: file.name },
    },
    buildNotes(options.json === true),
  );
  if (options.devices !== undefined) noteDevice(board, options.devices);
  const view = new BoardView(board);
  const screen = new RunScreen(
    fridge && !options.json ? (columns) => viewLines(view, fridge, { ...style, width: columns }) : undefined,
  );
  const runbooks = new Set<string>();
  const print = (line: LogLine) => {
    session.keep();
    if (line.runbook !== undefined) runbooks.add(line.runbook);
    screen.print(options.json ? JSON.stringify(lineJson(line)) : alarmText(line, style));
  };
  const notice = (text: string, event = 'link') =>
    print({ timeNs: board.now, event, facts: { text }, text, tone: 'yellow' });
  const log = new LiveLog(view, (line) => {
    fridge?.mark(line);
    print(line);
  });
  const session = new Session(board, {
    ...options,
    file,
    onNotice: notice,
    untilNs: options.for === undefined ? undefined : Math.round(options.for * 1e9),
    record:
      options.record === undefined
        ? undefined
        : {
            path: options.record,
            seed: options.seed,
            device: fingerprint,
            ...{ fridge: options.fridge, fridgeText: fridge?.text },
            faults: options.fault,
          },
  });
  let dashboard: Dashboard | undefined;
  await serve(session, async () => {
    dashboard = await dashboardOf(session, options);
    announce(session, origin, options, style, dashboard?.address);
    if (file?.notice !== undefined) notice(file.notice, 'device-file');
    if (fridge)
      board.onLog = (record) => {
        log.record(record);
        fridge.watch(view, record.timeNs);
      };
    else view.listenTo(toldKinds, (record) => log.record(record));
    board.powerOn();
    fridge?.disturb(board);
    screen.begin();
  }).finally(() => dashboard?.end());
  screen.end();
  if (fridge && options.plot !== undefined) writeOutput(options.plot, fridgePlot(fridge), 'the plot');
  const coverage =
    options.lcov === undefined ? undefined : await writeLcov(coverageOf(board), options.lcov, options.image);
  const profile =
    calls && options.profile !== undefined ? await writeProfile(calls, options.profile, options.image) : undefined;
  farewell(board, options, fridge, { coverage, profile, runbooks });
}

/** The hash makes two runs comparable: the same images, seed and inputs give the same hash. */
function farewell(
  board: Board,
  { json, flash, record, plot }: RunOptions,
  fridge: RunFridge | undefined,
  { coverage, profile, runbooks }: { coverage?: WrittenCoverage; profile?: WrittenProfile; runbooks: Set<string> },
): void {
  const { now: timeNs, logHash } = board;
  if (json) {
    const facts = {
      ...(fridge && { temperatures: fridge.temperatures() }),
      ...(coverage && { coverage: coverage.sums }),
      ...(profile && { profile: profile.worst }),
      ...(runbooks.size > 0 && { runbooks: [...runbooks].sort().map(runbookPath) }),
    };
    process.stdout.write(`${JSON.stringify({ timeNs, event: 'end', logHash, ...facts })}\n`);
    return;
  }
  const kept = [
    flash && `device kept in ${flash}`,
    record && `inputs in ${record}`,
    plot && `plot in ${plot}`,
    coverage?.text,
    profile && `\n${profile.text}`,
    runbooksText(runbooks),
  ].filter(Boolean);
  const lines = [`\nended at ${momentText(timeNs)} of virtual time, log hash ${logHash}`, ...kept];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function dashboardOf(session: Session, options: RunOptions): Promise<Dashboard | undefined> {
  const { dashboard, listen, fridge, flash } = options;
  if (!dashboard && listen === undefined) return undefined;
  const [{ address }] = session.links;
  // What it needs takes a board without it a tenth of its start.
  const { Dashboard } = await import('../run/dashboard.ts');
  return Dashboard.open({ target: address, cryostat: fridge ?? 'cryostat', flash, place: listen });
}

function fridgeOf({ fridge, fault, plot, seed }: RunOptions): RunFridge | undefined {
  if (fridge !== undefined) return new RunFridge(fridge, fault ?? [], seed);
  const without = fault !== undefined ? '--fault' : plot !== undefined ? '--plot' : undefined;
  if (without !== undefined)
    throw new Failure('OPTION', `${without} needs a cryostat: add --fridge uts`, { exitCode: ExitCode.USAGE });
  return undefined;
}

/** Runs a session until Ctrl-C, a signal or its own end, and always cleans up. */
export async function serve(session: Session, begin: () => void | Promise<void>): Promise<void> {
  await endedFromOutside(
    () => session.end(),
    async () => {
      try {
        await session.open();
        await begin();
        session.go();
        await session.over;
      } finally {
        await session.stop();
      }
    },
  );
}

function announce(session: Session, origin: string, options: RunOptions, style: Style, page?: string): void {
  const links = session.links.map(({ address }) => address);
  if (options.json) {
    const facts = { links, origin, seed: options.seed, speed: options.speed, pid: process.pid, ...(page && { page }) };
    process.stdout.write(`${JSON.stringify({ timeNs: 0, event: 'ready', ...facts })}\n`);
    return;
  }
  const title = wrap(`coldrig: ${origin}`, style.width, '  ');
  const pageText = page === undefined ? '' : `  page     ${page}\n`;
  process.stdout.write(`${title}\n${connectText(links, style.width)}\n${pageText}  Ctrl-C ends it\n\n`);
}
