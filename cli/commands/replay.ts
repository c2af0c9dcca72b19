// `coldrig replay`: repeats a recorded run from its input log, and says whether it was the same run.

import { Command } from 'commander';
import { readDevice } from '../../host/links/device-file/device-file.ts';
import { readInputLog, replaySteps } from '../../host/links/input-log.ts';
import { Failure } from '../failure.ts';
import { readText } from '../files.ts';
import { inSteps } from '../interruption.ts';
import { collect } from '../options.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { RunFridge } from '../run/fridge.ts';
import { LiveLog } from '../run/live-log.ts';
import type { LogLine } from '../run/log-line.ts';
import { buildNotes, newDevice } from '../run/new-device.ts';
import { styleOf } from '../terminal.ts';
import { momentText } from '../words.ts';
import { lineText } from './run.ts';

interface ReplayOptions extends GlobalOptions {
  image?: string;
  key?: string[];
  flash?: string;
  salvage?: boolean;
}

const HELP = `
The device must be the one the recorded run began with: the same firmware, or a copy of the --flash file made before.

Example:
  coldrig run --record run.jsonl
  coldrig replay run.jsonl

With --json: {ok, inputs, endNs, logHash, recordedHash, same, leftOut, events: [{timeNs, event, …}]}.`;

export function addReplayCommand(program: Command): void {
  program.addCommand(
    new Command('replay')
      .description("repeat a run from the inputs that 'coldrig run --record' wrote")
      .argument('<file>', 'input log')
      .option('--image <file>', 'signed image of the device at the begin (default: the development firmware)')
      .option('--key <key.pem>', 'key that its fuses trust; may be repeated (default: the development key)', collect)
      .option('--flash <file.bin>', 'device at the begin of the run; the file is only read')
      .option('--salvage', 'replay the whole part of a damaged log, and report what is left out')
      .addHelpText('after', HELP)
      .action(printing((options: ReplayOptions, path: string) => replay(options, path))),
  );
}

async function replay(options: ReplayOptions, path: string): Promise<Result> {
  const { image, key: keys, flash, salvage } = options;
  const log = readInputLog(readText(path, 'the input log'), path, { salvage });
  const fridge = log.fridge === undefined ? undefined : new RunFridge(log.fridge, log.faults ?? [], log.seed);
  const { board, origin, fingerprint } = await newDevice(
    {
      ...{ seed: log.seed, image, keys, surroundings: fridge?.wired },
      kept: flash === undefined ? undefined : { contents: readDevice(flash), path: flash },
    },
    buildNotes(options.json === true),
  );
  if (fingerprint !== log.device) {
    throw new Failure(
      'OTHER_DEVICE',
      `${path} was recorded on another device than ${origin}: its flash and fuses differ; ` +
        'pass the --image or --flash of the recorded run',
    );
  }
  const events: LogLine[] = [];
  const liveLog = new LiveLog(
    board,
    (line) => events.push(line),
    () => 0,
  );
  board.onLog = (record) => liveLog.record(record);
  board.powerOn();
  fridge?.disturb(board);
  await inSteps(replaySteps(board, log));
  const recordedHash = log.end?.logHash ?? null;
  const same = recordedHash === board.logHash;
  if (recordedHash !== null && !same) {
    const text = `${path}: this run ends with log hash ${board.logHash}, the recorded one with ${recordedHash}`;
    throw new Failure('OTHER_RUN', `${text}; was it recorded with another version of coldrig?`);
  }
  const style = styleOf(process.stdout);
  const leftOut =
    log.leftOut && `${path} is damaged from line ${log.leftOut.fromLine} on; lines left out: ${log.leftOut.lines}`;
  const verdict = same
    ? 'the same run as the recorded one'
    : 'the recording has no end (the run was killed), so there is nothing to compare with';
  const inputs = log.inputs.length === 1 ? '1 input' : `${log.inputs.length} inputs`;
  const summary = `${inputs}, ${momentText(board.now)} of virtual time, log hash ${board.logHash}: ${verdict}`;
  return {
    text: [...events.map((line) => lineText(line, style)), '', ...(leftOut ? [leftOut] : []), summary].join('\n'),
    json: {
      ...{ inputs: log.inputs.length, endNs: board.now, logHash: board.logHash, recordedHash, same },
      leftOut: log.leftOut ?? null,
      events: events.map(({ timeNs, event, facts }) => ({ timeNs, event, ...facts })),
    },
  };
}
