// `coldrig replay`: repeats a recorded run, or a failure of a scenario, and says whether it was the same run.

import { Command } from 'commander';
import { OtherRun } from '../../hil/rig/scenario/recorded-board.ts';
import { timeText } from '../../hil/rig/time.ts';
import { BoardTrace } from '../../hil/rig/trace/board-trace.ts';
import { boardPerfetto, boardVcd } from '../../hil/rig/trace/trace-files.ts';
import { BoardView } from '../../host/board/view.ts';
import { CallProfile } from '../../host/tools/profile/call-profile.ts';
import { ExitCode, Failure } from '../failure.ts';
import { writeOutput } from '../files.ts';
import { inSteps } from '../interruption.ts';
import { collect, parseMoment } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { writeProfile } from '../profile.ts';
import { openRecording, type Recording } from '../replay/open.ts';
import { registersOf, registersText } from '../replay/registers.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { alarmText, lineJson } from '../run/lines.ts';
import { LiveLog } from '../run/live-log.ts';
import type { LogLine } from '../run/log-line.ts';
import { buildNotes } from '../run/new-device.ts';
import { styleOf } from '../terminal.ts';
import { momentText } from '../words.ts';

interface ReplayOptions extends GlobalOptions {
  image?: string;
  key?: string[];
  flash?: string;
  salvage?: boolean;
  at?: number;
  vcd?: string;
  perfetto?: string;
  profile?: string;
  registers?: boolean;
}

const HELP = `
The file is one of 'coldrig run --record', or the failure.coldrig that a scenario of 'coldrig hil' leaves. A failure has everything in it. For the
inputs of a run, the device must be the one it began with: the same firmware, or a copy of the --flash file made before.
Times count from power-on of a recorded run, and from the beginning of a scenario.

Examples:
  coldrig run --record run.jsonl
  coldrig replay run.jsonl
  coldrig replay build/hil/my-file/my-scenario/failure.coldrig --at 1.2s --registers
  coldrig replay build/hil/my-file/my-scenario/failure.coldrig --vcd failure.vcd --perfetto failure.pftrace

With --json: {ok, inputs, endNs, logHash, recordedHash, same, events: [{timeNs, event, …}]}; same is null where there is nothing to compare with
(--at, or a recording without an end). A recorded run adds leftOut; a failure adds scenario, message, failedNs, seed, fridge, choices, images;
--registers adds registers: [{name, value, fields}], --profile adds profile as with 'coldrig run'.`;

/** Calls and returns in a trace: those before the last so many are left out, because a viewer becomes slow. */
const CALLS_MOST = 400_000;

export function addReplayCommand(program: Command): void {
  program.addCommand(
    new Command('replay')
      .description("repeat a run from the inputs that 'coldrig run --record' wrote, or a failure of 'coldrig hil'")
      .argument('<file>', 'input log or failure.coldrig')
      .option('--image <file>', 'signed image of the device at the begin (default: the development firmware)')
      .option('--key <key.pem>', 'key that its fuses trust; may be repeated (default: the development key)', collect)
      .option('--flash <file.bin>', 'device at the begin of the run; the file is only read')
      .option('--salvage', 'replay the whole part of a damaged log, and report what is left out')
      .option('--at <time>', 'stop at this virtual time: 1.2s, 300ms', parseMoment)
      .option('--registers', 'show all registers where it stops')
      .option('--vcd <file>', 'write signals over time as a value change dump')
      .option('--perfetto <file>', 'write signals, events and calls of functions as a trace for ui.perfetto.dev')
      .option('--profile <out.json>', 'write where the cycles went, for speedscope.app')
      .addHelpText('after', HELP)
      .action(printing((options: ReplayOptions, path: string) => replay(options, path))),
  );
}

async function replay(options: ReplayOptions, path: string): Promise<Result> {
  const { vcd, perfetto, profile: profileFile, image, key, flash } = options;
  checkOutputs(
    { '--vcd': [vcd, 'the signals'], '--perfetto': [perfetto, 'the trace'], '--profile': [profileFile, 'the profile'] },
    { '<file>': path, '--image': image, '--key': key, '--flash': flash },
  );
  const isProfiled = options.perfetto !== undefined || options.profile !== undefined;
  const calls = isProfiled
    ? new CallProfile({ timelineMost: options.perfetto === undefined ? 0 : CALLS_MOST })
    : undefined;
  const recording = await openRecording(path, { ...options, calls, onStep: buildNotes(options.json === true) });
  const { board, zeroNs, end, inputs, head, tail, facts } = recording;
  const untilNs = untilOf(recording, options.at, path);
  const view = new BoardView(board);
  const trace = new BoardTrace(view, recording.cryostat, zeroNs);
  const events: LogLine[] = [];
  const liveLog = new LiveLog(
    view,
    (line) => events.push({ ...line, timeNs: line.timeNs - zeroNs }),
    () => 0,
  );
  board.onLog = (record) => {
    liveLog.record(record);
    trace.record(record);
  };
  recording.begin();
  await inSteps(recording.steps(untilNs)).catch((error) => {
    if (!(error instanceof OtherRun)) throw error;
    throw new Failure('OTHER_RUN', `${path}: ${error.message}; was it recorded with another version of coldrig?`);
  });
  const endNs = board.now - zeroNs;
  const verdict = verdictOf(board.logHash, options.at === undefined ? end?.logHash : undefined, path);
  if (options.vcd !== undefined) writeOutput(options.vcd, boardVcd(trace, endNs), 'the signals');
  if (options.perfetto !== undefined)
    writeOutput(options.perfetto, boardPerfetto(trace, endNs, calls?.lastRuns), 'the trace');
  const profile = calls && options.profile !== undefined && (await writeProfile(calls, options.profile, options.image));
  const registers = options.registers ? registersOf(view) : undefined;
  const style = styleOf(process.stdout);
  const why = options.at === undefined ? verdict : `stopped at ${timeText(options.at)}, as asked`;
  const inputsText = inputs === 1 ? '1 input' : `${inputs} inputs`;
  const summary = `${inputsText}, ${momentText(endNs)} of virtual time, log hash ${board.logHash}: ${why}`;
  const shown = registers === undefined ? [] : [registersText(registers), ''];
  return {
    text: [
      ...[...head, ...events.map((line) => alarmText(line, style)), '', ...shown, ...tail, summary],
      ...(profile ? ['', profile.text] : []),
    ].join('\n'),
    json: {
      ...{ inputs, endNs, logHash: board.logHash, recordedHash: end?.logHash ?? null },
      same: options.at === undefined && end !== undefined ? true : null,
      ...facts,
      ...(registers && { registers }),
      ...(profile && { profile: profile.worst }),
      events: events.map(lineJson),
    },
  };
}

function untilOf({ end, zeroNs }: Recording, at: number | undefined, path: string): number {
  if (at === undefined) return Number.POSITIVE_INFINITY;
  if (end === undefined || at + zeroNs <= end.timeNs) return at + zeroNs;
  throw new Failure(
    'OPTION',
    `--at ${timeText(at)}: ${path} ends at ${timeText(end.timeNs - zeroNs)}; choose an earlier time`,
    {
      exitCode: ExitCode.USAGE,
    },
  );
}

/** Throws when it was another run. */
function verdictOf(logHash: string, recordedHash: string | undefined, path: string): string {
  if (recordedHash === undefined)
    return 'the recording has no end (the run was killed), so there is nothing to compare with';
  if (recordedHash === logHash) return 'the same run as the recorded one';
  const text = `${path}: this run ends with log hash ${logHash}, the recorded one with ${recordedHash}`;
  throw new Failure('OTHER_RUN', `${text}; was it recorded with another version of coldrig?`);
}
