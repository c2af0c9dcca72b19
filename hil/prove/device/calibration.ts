// The calibration records of a story, by number; and which of them is in force, by flash and by what the firmware says.
//
// What must stay true: no two records have a byte in common where they have numbers, so that a mixture of two is neither.

import { crc32 } from 'node:zlib';
import { LogKind, type LogRecord } from '../../../host/board/log.ts';
import {
  type CalibrationRecord,
  decodeCalibration,
  encodeCalibration,
  recordInFlash,
} from '../../../host/tools/calibration-record.ts';
import { MemoryMap } from '../../../protocol/memory-map.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { type Remains, readCells } from './cells.ts';

/** No record; also what is in force where there is none. */
export const noRecord = 0;
const recordsMax = 9;

/** Payload of a record of the story. */
export function recordOfStory(number: number): Uint8Array {
  const record: CalibrationRecord = decodeCalibration(new Uint8Array());
  const value = number * 0x01_0101;
  for (const line of record.lines)
    Object.assign(line, { offsetI: number * 257, offsetQ: -number, gain: number, delayNs: number });
  for (const channel of record.channels)
    Object.assign(channel, { flags: 3, frequencyQuarterHertz: value, phase: value, threshold: -value });
  for (const sequencer of record.sequencers) Object.assign(sequencer, { gain0: number, gain1: -number, phase: value });
  record.thermometerOffsets = record.thermometerOffsets.map((_, channel) => number * 256 + channel);
  return encodeCalibration(record);
}

const numbers = new Map(
  Array.from({ length: recordsMax }, (_, index) => [
    Buffer.from(recordOfStory(index + 1)).toString('latin1'),
    index + 1,
  ]),
);

/** Number of the record in flash; `noRecord`, or undefined where it is none of the story. */
export function recordHeld(device: Remains): number | undefined {
  const found = recordInFlash(readCells(device, MemoryMap.CALIBRATION_0, 2 * MemoryMap.SECTOR_SIZE));
  return found === undefined ? noRecord : numbers.get(Buffer.from(found.payload).toString('latin1'));
}

const byCrc = new Map(Array.from({ length: recordsMax }, (_, index) => [crc32(recordOfStory(index + 1)), index + 1]));

/** Number of the record that the firmware which runs says is in force; undefined where it is none of the story. */
export function recordInForce(records: readonly LogRecord[]): number | undefined {
  const boot = records.slice(records.findLastIndex(({ kind }) => kind === LogKind.HANDOVER) + 1);
  const told = boot.findLast(({ kind, a }) => kind === LogKind.RECORDER && (a & 0xffff) === EventKind.CALIBRATION);
  return told === undefined ? noRecord : byCrc.get(told.b);
}

/** What is wrong with the record that is in force; undefined where nothing is, or where anything may be. */
export function whyNotHeld(held: number | undefined, holds: readonly number[] | undefined): string | undefined {
  if (holds === undefined || (held !== undefined && holds.includes(held))) return undefined;
  const nameOf = (number: number) => (number === noRecord ? 'none' : `record ${number}`);
  const found = held === undefined ? 'a calibration record that nobody sent' : nameOf(held);
  return `${found} is in force; what may be here is ${holds.map(nameOf).join(' or ')}`;
}
