// `coldrig telemetry read`: the records of a device as lines, for people or as JSON.
//
// What must stay true: a record is acknowledged only when asked for, and after its line was written out; without it the device keeps everything for its
// gateway.

import { Command } from 'commander';
import { SmpError } from '../../host/tools/smp/index.ts';
import { TelemetryClient, type TelemetryPoll } from '../../host/tools/telemetry/client.ts';
import { encodeJson, type TelemetryRecord } from '../../host/tools/telemetry/envelope.ts';
import type { TelemetryGap, TelemetryPosition } from '../../host/tools/telemetry/gaps.ts';
import { smpErrors } from '../../protocol/smp/smp.ts';
import { type TargetOptions, withClient, withTarget } from '../client.ts';
import { ExitCode, Failure } from '../failure.ts';
import { parseMilliseconds } from '../options.ts';
import type { GlobalOptions } from '../result.ts';
import { parsePosition, recordText } from './words.ts';

const HELP = `
A device keeps its records until a client has acknowledged them. Without --acknowledge nothing changes on it, and its gateway still gets everything.
--after continues behind a record: the last BOOT/SEQUENCE that was printed before.

Examples:
  coldrig telemetry read --target udp://127.0.0.1:1337
  coldrig --json telemetry read --follow --cryostat north >> records.jsonl

With --json: one record a line, {schema, device, cryostat, boot, sequence, deviceTimeNs, receiveTimeNs, class, kind, body}, as docs/telemetry.md has them;
for records that are missing {missing: {boot, first, last}}.`;

interface ReadOptions extends TargetOptions, GlobalOptions {
  cryostat: string;
  follow?: boolean;
  acknowledge?: boolean;
  after?: TelemetryPosition;
  every: number;
}

export function readCommand(): Command {
  return withTarget(new Command('read'))
    .description('print the records that a device keeps: events, heartbeats, boots, and how many were dropped')
    .option('--follow', 'wait for more, until Ctrl-C')
    .option('--every <ms>', 'with --follow: how often the device is asked', parseMilliseconds, 1000)
    .option('--after <boot/sequence>', 'only records after this one', parsePosition)
    .option('--acknowledge', 'let the device forget what was printed')
    .option('--cryostat <name>', 'name of the cryostat of the device', 'cryostat')
    .addHelpText('after', HELP)
    .action((_: ReadOptions, command: Command) => read(command.optsWithGlobals<ReadOptions>()));
}

async function read(options: ReadOptions): Promise<void> {
  await withClient(options, async (session, signal) => {
    const { cryostat, after: position, acknowledge: acknowledges = false } = options;
    const timeNs = () => BigInt(Date.now()) * 1_000_000n;
    const client = new TelemetryClient(session, { cryostat, timeNs, position, acknowledges });
    for (let isAway = false; ; ) {
      try {
        const poll = await client.poll((records) => print(options, records), { signal });
        isAway = false;
        await printGaps(options, poll);
        if (poll.more) continue;
        if (!options.follow) break;
      } catch (error) {
        if (!options.follow || !isWait(error)) throw inWords(error);
        if (!isAway) process.stderr.write(`${inWords(error).message}; asking again every ${options.every} ms\n`);
        isAway = true;
      }
      await session.pause(options.every, signal);
    }
    await client.acknowledge({ signal });
  });
}

/** Resolves when the lines are out of this process. */
function print({ json }: GlobalOptions, records: readonly TelemetryRecord[]): Promise<void> {
  return writeOut(records.map((record) => `${json ? encodeJson(record) : recordText(record)}\n`).join(''));
}

async function printGaps({ json }: GlobalOptions, { gaps }: TelemetryPoll): Promise<void> {
  const text = ({ boot, first, last }: TelemetryGap) =>
    json
      ? JSON.stringify({ missing: { boot, first, last } })
      : `missing: ${boot}/${first} to ${boot}/${last}, lost or taken by another client`;
  if (gaps.length > 0) await writeOut(gaps.map((gap) => `${text(gap)}\n`).join(''));
}

function writeOut(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
  });
}

const isUnknown = (error: SmpError) => error.kind === 'device' && error.code === smpErrors.values.ENOTSUP[0];

/** The device is away, or its bootloader keeps control: telemetry goes on later. */
const isWait = (error: unknown): boolean =>
  error instanceof SmpError && (error.kind === 'timeout' || error.kind === 'link' || isUnknown(error));

function inWords(error: unknown): Error {
  if (!(error instanceof SmpError) || !isUnknown(error)) return error as Error;
  return new Failure(
    'NO_TELEMETRY',
    "the device has no telemetry records now: it is in safe mode, or its firmware makes none; 'coldrig status' says which, 'coldrig bootlog' what happened",
    { exitCode: ExitCode.FAILED },
  );
}
