// Client side of SMP group 68: the calibration record of a controller, and the settings, figures and captures of its readout (protocol/smp/readout.ts).
//
// What must stay true: everything here does no harm when it arrives twice.

import { crc32 } from 'node:zlib';
import { type ReadoutClear, ReadoutLimit, ReadoutMoment, ReadoutSetting } from '../../../protocol/readout/module.ts';
import { type Moments, momentsFrom } from '../../../protocol/readout/moments.ts';
import { ReadoutRequest } from '../../../protocol/smp/readout.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import type { SmpClient } from './client.ts';
import { SmpError } from './error.ts';
import { Fields } from './fields.ts';
import type { Command, RequestOptions } from './session.ts';
import { uploadChunks } from './upload-chunks.ts';

export interface StoredRecord {
  /** 0: no record is in force. */
  sequence: number;
  /** Payload; calibration-record.ts decodes it. */
  payload: Uint8Array;
}

export interface ReadoutStateAnswer {
  sequence: number;
  /** Offset of the field for which the last record was refused. */
  refusedPlace: number | undefined;
  /** In front of the converters: gain control's. The sums of sequencers make up for it. */
  attenuationDecibels: number;
  /** Channels whose SNR is too low, one bit each: no experiment may rely on their qubits. */
  unreadable: number;
}

const noPlace = 0xffff_ffff;
/** i16 I, i16 Q. */
const sampleBytes = 4;

function command(what: string, number: number, write: boolean): Command {
  return { what, group: SmpGroup.READOUT, command: number, write };
}

/**
 * Stores a calibration record; resolves when the flash of the device holds it. `madeFrom`: sequence number of the record that this one was made
 * from; the device refuses it when another one has come into force meanwhile.
 */
export async function storeCalibration(
  client: SmpClient,
  payload: Uint8Array,
  madeFrom?: number,
  options?: RequestOptions,
): Promise<void> {
  const upload = {
    command: command('store of a calibration record', ReadoutRequest.RECORD, true),
    ...{ what: 'calibration record', holder: 'the device' },
    always: {},
    first: { len: payload.length, crc: crc32(payload), ...(madeFrom !== undefined && { seq: madeFrom }) },
  };
  await uploadChunks(client, payload, upload, options);
}

/** The calibration record in force. */
export async function readCalibration(client: SmpClient, options?: RequestOptions): Promise<StoredRecord> {
  const answer = await client.request(command('calibration record', ReadoutRequest.RECORD, false), { off: 0 }, options);
  const fields = new Fields(answer, 'calibration record');
  const payload = fields.bytes('data');
  if (payload.length !== fields.count('len') || (payload.length > 0 && crc32(payload) !== fields.count('crc')))
    throw new SmpError('device', 'calibration record: the bytes are not those that the answer is about; read it again');
  return { sequence: fields.count('seq'), payload };
}

export async function readoutState(client: SmpClient, options?: RequestOptions): Promise<ReadoutStateAnswer> {
  const answer = await client.request(command('readout state', ReadoutRequest.STATE, false), {}, options);
  const fields = new Fields(answer, 'readout state');
  const place = fields.count('place');
  return {
    sequence: fields.count('seq'),
    refusedPlace: place === noPlace ? undefined : place,
    attenuationDecibels: fields.count('attenuation'),
    unreadable: fields.count('unreadable'),
  };
}

/** `index`: the channel or line that the setting is of, 0 where it is of all. Whole numbers in the unit of the setting. Lasts until the next reset. */
export async function configureReadout(
  client: SmpClient,
  setting: keyof typeof ReadoutSetting,
  index: number,
  value: number,
  options?: RequestOptions,
): Promise<void> {
  const what = `${settingName(setting, index)} = ${value}`;
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32)
    throw new SmpError('argument', `${what}: a setting of the readout is a whole number of 32 bits`);
  const body = { setting: ReadoutSetting[setting], index, value: value >>> 0 };
  await client.request(command(what, ReadoutRequest.CONFIGURE, true), body, options);
}

/** A setting as it is in force: a word, negative numbers in two's complement. */
export async function readReadoutSetting(
  client: SmpClient,
  setting: keyof typeof ReadoutSetting,
  index: number,
  options?: RequestOptions,
): Promise<number> {
  const what = settingName(setting, index);
  const body = { setting: ReadoutSetting[setting], index };
  const answer = await client.request(command(what, ReadoutRequest.CONFIGURE, false), body, options);
  return new Fields(answer, what).count('value');
}

function settingName(setting: keyof typeof ReadoutSetting, index: number): string {
  const number = ReadoutSetting[setting];
  if (number > ReadoutSetting.TOGETHER) return `readout setting ${setting}`;
  return `readout setting ${setting} of ${number <= ReadoutSetting.PHASE ? 'channel' : 'line'} ${index}`;
}

export interface ReadoutChannelAnswer {
  /** Sums of its last window, in the units of the bins. */
  sums: readonly [i: number, q: number];
  /** Statistics by the state that its qubit was prepared in. */
  moments: readonly [zero: Moments, one: Moments];
  /** Of its line. */
  windows: number;
  clipped: readonly [i: number, q: number];
  /** Largest samples, as magnitudes in codes. */
  peaks: readonly [i: number, q: number];
  /** By the device's own statistics; undefined before the first estimate, and while its threshold is not calibrated. */
  snrDecibels: number | undefined;
}

export async function readoutChannel(
  client: SmpClient,
  channel: number,
  options?: RequestOptions,
): Promise<ReadoutChannelAnswer> {
  const what = `figures of readout channel ${channel}`;
  const fields = new Fields(
    await client.request(command(what, ReadoutRequest.CHANNEL, false), { channel }, options),
    what,
  );
  const momentsOf = (state: string) => {
    const bytes = fields.bytes(state);
    if (bytes.length < 4 * ReadoutMoment.END)
      throw new SmpError('malformed', `${what}, ${state}: ${bytes.length} bytes hold no statistics`);
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    return momentsFrom((moment) => view.getUint32(4 * moment, true));
  };
  return {
    sums: [fields.integer('i'), fields.integer('q')],
    moments: [momentsOf('zero'), momentsOf('one')],
    windows: fields.count('windows'),
    clipped: [fields.count('clipi'), fields.count('clipq')],
    peaks: [fields.count('peaki'), fields.count('peakq')],
    snrDecibels: fields.has('snr') ? fields.integer('snr') / 100 : undefined,
  };
}

/** Statistics or counters of a line begin anew, or what was captured is dropped. */
export async function clearReadout(
  client: SmpClient,
  what: (typeof ReadoutClear)[keyof typeof ReadoutClear],
  line: number,
  options?: RequestOptions,
): Promise<void> {
  await client.request(command('clearing of the readout', ReadoutRequest.CLEAR, true), { what, line }, options);
}

export interface Captured {
  line: number;
  /** Codes of the converter: I into even places, Q into odd ones. */
  codes: Int16Array;
  /** Whether samples were out of range. */
  clipped: readonly [i: boolean, q: boolean];
}

/** Captures `samples` of a line or of the test tone, from now on; `readCapture` fetches them. */
export async function capture(
  client: SmpClient,
  line: number,
  source: 'line' | 'test-tone',
  samples: number,
  options?: RequestOptions,
): Promise<void> {
  const what = command(`capture on line ${line}`, ReadoutRequest.CAPTURE, true);
  await client.request(what, { line, source: source === 'line' ? 0 : 1, length: samples }, options);
}

/** What was captured last. Rejects where another capture comes between its pieces. */
export async function readCapture(client: SmpClient, options?: RequestOptions): Promise<Captured> {
  const read = command('captured samples', ReadoutRequest.CAPTURE, false);
  const pieces: Uint8Array[] = [];
  const first = new Fields(await client.request(read, { off: 0 }, options), 'captured samples');
  const total = sampleBytes * first.count('len');
  if (total > sampleBytes * ReadoutLimit.SCOPE_MAX)
    throw new SmpError('malformed', `captured samples: ${total} bytes are more than a capture has`);
  for (let fields = first, bytes = 0; ; ) {
    const data = fields.bytes('data');
    pieces.push(data);
    bytes += data.length;
    if (bytes >= total || data.length === 0) break;
    fields = new Fields(await client.request(read, { off: bytes / sampleBytes }, options), 'captured samples');
  }
  const whole = new Uint8Array(Buffer.concat(pieces));
  if (whole.length !== total || crc32(whole) !== first.count('crc'))
    throw new SmpError('device', 'captured samples: another capture came while they were read; capture again');
  const clip = first.count('clip');
  const codes = new Int16Array(whole.length / 2);
  const view = new DataView(whole.buffer);
  for (let place = 0; place < codes.length; place++) codes[place] = view.getInt16(2 * place, true);
  return { line: first.count('line'), codes, clipped: [(clip & 1) !== 0, (clip & 2) !== 0] };
}

/** Says that client `id` works with the readout for so long from now on; 0: it has ended. Rejects (CLAIMED) while another does. */
export async function claimReadout(
  client: SmpClient,
  id: number,
  milliseconds: number,
  options?: RequestOptions,
): Promise<void> {
  const what = command('claim of the readout', ReadoutRequest.CLAIM, true);
  await client.request(what, { id, ms: milliseconds }, options);
}

/** Who works with the readout, and for how long its claim lasts yet. */
export async function readoutClaim(
  client: SmpClient,
  options?: RequestOptions,
): Promise<{ id: number; leftMs: number } | undefined> {
  const answer = await client.request(command('claim of the readout', ReadoutRequest.CLAIM, false), {}, options);
  const fields = new Fields(answer, 'claim of the readout');
  const id = fields.count('id');
  return id === 0 ? undefined : { id, leftMs: fields.count('ms') };
}

/** Tests the converters of a line by the test tone of the chip; the effective bits of the worse one. No sequencer may play into the line. */
export async function selfTest(client: SmpClient, line: number, options?: RequestOptions): Promise<number> {
  const what = `self-test of converter line ${line}`;
  await client.request(command(what, ReadoutRequest.SELF_TEST, true), { line }, options);
  for (let poll = 0; poll < TEST_POLLS_MOST; poll++) {
    const fields = new Fields(
      await client.request(command(what, ReadoutRequest.SELF_TEST, false), { line }, options),
      what,
    );
    if (fields.count('running') === 0) return fields.count('bits') / 256;
    await client.pause(TEST_POLL_MS, options?.signal);
  }
  throw new SmpError('device', `${what}: it still runs after ${(TEST_POLLS_MOST * TEST_POLL_MS) / 1000} s`);
}

const TEST_POLL_MS = 10;
const TEST_POLLS_MOST = 500;
