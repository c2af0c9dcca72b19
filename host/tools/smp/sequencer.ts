// The client of SMP group 64: uploads sequences to the sequencers of a controller, and reads their results (protocol/smp/sequencer.ts).
//
// What must stay true: START is sent once; all other commands do no harm when they arrive twice.

import { crc32 } from 'node:zlib';
import { SequencerSetting } from '../../../protocol/q1/settings.ts';
import { SeqCommand } from '../../../protocol/smp/sequencer.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import type { CborMap } from './cbor.ts';
import type { SmpClient } from './client.ts';
import { SmpError } from './error.ts';
import { Fields } from './fields.ts';
import type { Command, RequestOptions } from './session.ts';
import { uploadChunks } from './upload-chunks.ts';

export interface SequencerStateAnswer {
  /** A value of SequencerState. */
  state: number;
  /** Bits of SequencerFlag. */
  flags: number;
  /** Time of its real-time core, ns since the sequencers were released. */
  timeNs: number;
  executed: number;
  /** undefined before the first real-time instruction. */
  leastSlackNs: number | undefined;
  /** The instruction at which it stopped in a fault, and the time at which that was due. */
  fault: { instruction: number; dueNs: number } | undefined;
  /** Instructions of its program. */
  instructions: number;
  /** Of all: bits of those in wait_sync, from bit 8 of those they wait for, from bit 16 of those that wait for a trigger. */
  waiting: number;
  /** How often a window of a converter met a change of the attenuation in front of it, since it was armed. */
  gainSteps: number;
}

export interface SequencerBin {
  sum0: number;
  sum1: number;
  count: number;
  thresholdCount: number;
}

const binBytes = 24;
const noSlack = 0x7fff_ffff;
const noFault = 0xffff;

function command(what: string, number: number, write: boolean): Command {
  return { what, group: SmpGroup.SEQUENCER, command: number, write };
}

/** Uploads an assembled sequence and has it loaded. */
export async function uploadSequence(
  client: SmpClient,
  sequencer: number,
  sequence: Uint8Array,
  options?: RequestOptions,
): Promise<void> {
  const upload = {
    command: command(`upload to sequencer ${sequencer}`, SeqCommand.UPLOAD, true),
    ...{ what: 'sequence upload', holder: 'the sequencer' },
    ...{ always: { seq: sequencer }, first: { len: sequence.length, crc: crc32(sequence) } },
  };
  await uploadChunks(client, sequence, upload, options);
}

export async function configureSequencer(
  client: SmpClient,
  sequencer: number,
  setting: keyof typeof SequencerSetting,
  value: number,
  index = 0,
  options?: RequestOptions,
): Promise<void> {
  const what = command(`${setting} of sequencer ${sequencer}`, SeqCommand.CONFIGURE, true);
  const body = { seq: sequencer, setting: SequencerSetting[setting], value: value >>> 0, index };
  await client.request(what, body, options);
}

/** Starts sequencers, one bit each, in the same cycle. */
export async function startSequencers(client: SmpClient, mask: number, options?: RequestOptions): Promise<void> {
  await client.request(
    command('start of sequencers', SeqCommand.START, true),
    { mask },
    {
      resendAfterMs: Number.POSITIVE_INFINITY,
      ...options,
    },
  );
}

export async function stopSequencers(client: SmpClient, mask: number, options?: RequestOptions): Promise<void> {
  await client.request(command('stop of sequencers', SeqCommand.STOP, true), { mask }, options);
}

export async function sequencerState(
  client: SmpClient,
  sequencer: number,
  options?: RequestOptions,
): Promise<SequencerStateAnswer> {
  const answer = await client.request(command('sequencer state', SeqCommand.STATE, false), { seq: sequencer }, options);
  return stateOf(answer);
}

function stateOf(answer: CborMap): SequencerStateAnswer {
  const fields = new Fields(answer, 'sequencer state');
  const slack = fields.integer('slack');
  const instruction = fields.count('index');
  return {
    state: fields.count('state'),
    flags: fields.count('flags'),
    timeNs: fields.count('time'),
    executed: fields.count('executed'),
    leastSlackNs: slack === noSlack ? undefined : slack,
    fault: instruction === noFault ? undefined : { instruction, dueNs: fields.count('due') },
    instructions: fields.count('loaded'),
    waiting: fields.count('waiting'),
    gainSteps: fields.count('steps'),
  };
}

/** All bins of an acquisition. */
export async function sequencerBins(
  client: SmpClient,
  sequencer: number,
  acquisition: number,
  options?: RequestOptions,
): Promise<SequencerBin[]> {
  const read = command('acquisition results', SeqCommand.RESULTS, false);
  const bins: SequencerBin[] = [];
  let total = 0;
  do {
    const request = { seq: sequencer, acq: acquisition, bin: bins.length, count: SeqCommand.RESULTS_MAX };
    const fields = new Fields(await client.request(read, request, options), 'acquisition results');
    total = fields.count('bins');
    const data = fields.bytes('data');
    const count = data.length / binBytes;
    if (count < 1 || !Number.isInteger(count))
      throw new SmpError('malformed', `acquisition results: ${data.length} bytes are no bins of ${binBytes}`);
    for (let bin = 0; bin < count; bin++) bins.push(binOf(new DataView(data.buffer, data.byteOffset + bin * binBytes)));
  } while (bins.length < total);
  return bins;
}

function binOf(view: DataView): SequencerBin {
  return {
    sum0: Number(view.getBigInt64(0, true)),
    sum1: Number(view.getBigInt64(8, true)),
    count: view.getUint32(16, true),
    thresholdCount: view.getUint32(20, true),
  };
}

export async function clearSequencerBins(
  client: SmpClient,
  sequencer: number,
  options?: RequestOptions,
): Promise<void> {
  await client.request(command('clearing of bins', SeqCommand.CLEAR, true), { seq: sequencer }, options);
}
