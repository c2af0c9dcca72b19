// Kinds of records that a gateway makes: what happened to the records of devices on their way. They have the envelope of all records; `device` is the
// name of the gateway, `boot` counts its starts, `deviceTimeNs` is since its start.
//
// No device sends them, so they have no number on its wire. What must stay true: the rules of records.ts for names, fields and versions.

import type { TelemetryField, TelemetryKind } from './records.ts';

export type GatewayKind = Omit<TelemetryKind, 'number'>;

const field = (name: string, type: TelemetryField['type'], doc: string, unit?: string): TelemetryField => ({
  ...{ name, type, since: 1, doc },
  ...(unit !== undefined && { unit }),
});

const of = field('of', 'text', 'Device that it is about');

const ofCryostat = field('ofCryostat', 'text', 'Its cryostat');

/** A calibration explains alerts for so long after a record that says that it runs; the next record ends or renews that. */
export const calibrationLasts = {
  /** What an event asked for ends by itself by then. */
  eventSeconds: 900,
  /** That a claim lasts is told again each minute. */
  claimSeconds: 150,
} as const;

export const gatewayKinds = {
  started: { since: 1, doc: 'The gateway starts', fields: [field('version', 'text', 'Of coldrig')] },
  gap: {
    since: 1,
    doc: 'Numbers of a device that did not come to this gateway: lost, or taken by another gateway. Those that a record `dropped` in the same answer tells of are left out',
    fields: [
      of,
      field('gapBoot', 'u32', 'Boot of the numbers'),
      field('firstSequence', 'u32', 'The first that is missing'),
      field('lastSequence', 'u32', 'The last that is missing'),
    ],
  },
  'given-up': {
    since: 1,
    doc: 'Records of a device that the gateway had and gave up: there was no room for them, or they had waited too long',
    fields: [
      of,
      field('count', 'u32', 'How many'),
      field('firstBoot', 'u32', 'Boot of the first'),
      field('firstSequence', 'u32', 'Its sequence number'),
      field('lastBoot', 'u32', 'Boot of the last'),
      field('lastSequence', 'u32', 'Its sequence number'),
      field('reason', 'text', 'Why, in words'),
    ],
  },
  renumbered: {
    since: 1,
    doc: 'The numbers of a device have begun again, because its boot log was erased while it had no power. Its records have the field `incarnation` from now on',
    fields: [
      of,
      field('incarnation', 'u32', 'How often its numbers have begun'),
      field('lastBoot', 'u32', 'Boot of the last record with the numbers before'),
      field('lastSequence', 'u32', 'Its sequence number'),
    ],
  },
  'log-damaged': {
    since: 1,
    doc: 'The disk had lost a part of the log, and the gateway goes on without it. Numbers of devices that were in it are told by records `gap`',
    fields: [field('file', 'text', 'Where the bytes were put aside that could not be kept')],
  },
  poisoned: {
    since: 1,
    doc: 'A record that cannot be read: it was put aside in the quarantine file of the gateway',
    fields: [
      of,
      { ...field('poisonedBoot', 'u32', 'Boot of the record; null: not known'), absent: 0xffff_ffff },
      { ...field('poisonedSequence', 'u32', 'Its sequence number; null: not known'), absent: 0xffff_ffff },
      field('reason', 'text', 'What is wrong with it, in words'),
    ],
  },
  anomaly: {
    since: 1,
    doc: 'A figure of a device is no longer as it was learnt',
    fields: [
      of,
      ofCryostat,
      field('quantity', 'text', 'Series, and what tells it from others of its device'),
      field('reason', 'text', 'What was seen, in words'),
    ],
  },
  calibration: {
    since: 1,
    doc: 'A calibration that an event asked for, or work of a client that has claimed the readout: it began, lasts, or ended',
    fields: [
      of,
      ofCryostat,
      field('because', 'text', 'The event; CLAIM: a client has claimed the readout'),
      field(
        'state',
        'text',
        'Of an event: refused, begun, stored, nothing-to-do, failed or stopped. Of a claim: begun, lasts, ended, or too-long: it mutes nothing any more',
      ),
      field('reason', 'text', 'What is calibrated and in whose name, or why not'),
    ],
  },
  'clock-stepped': {
    since: 1,
    doc: 'The clock of the gateway was stepped: receive times before and after do not belong together',
    fields: [field('byMilliseconds', 'i32', 'Positive: it is ahead of where it was', 'ms')],
  },
} as const satisfies Record<string, GatewayKind>;

export type GatewayKindName = keyof typeof gatewayKinds;
