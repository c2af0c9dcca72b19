// Client side of SMP group 68: the calibration record of a controller, and what its readout says (protocol/smp/readout.ts).
//
// What must stay true: everything here does no harm when it arrives twice.

import { crc32 } from 'node:zlib';
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
}

const noPlace = 0xffff_ffff;

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
  };
}
