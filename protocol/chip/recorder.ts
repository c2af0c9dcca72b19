// Event recorder: a typed ring in place of printf. protocol/telemetry/events.ts names the kinds.

import type { Peripheral } from './svd.ts';

export const recorder: Peripheral = {
  name: 'RECORDER',
  base: 0x4000_7000,
  doc: 'Ring of the last 256 events {time, kind, two arguments}. Survives every reset but power-on, so it shows what led to a crash.',
  registers: [
    { name: 'ARGUMENT0', offset: 0x00, reset: 0, access: 'read-write', doc: 'First argument of the next event.' },
    { name: 'ARGUMENT1', offset: 0x04, reset: 0, access: 'read-write', doc: 'Second argument of the next event.' },
    {
      name: 'EVENT',
      offset: 0x08,
      reset: 0,
      access: 'write-only',
      doc: 'Records an event with the time of this write.',
      fields: [{ name: 'KIND', bits: [15, 0], doc: 'Event kind' }],
    },
    { name: 'COUNT', offset: 0x0c, reset: 0, access: 'read-only', doc: 'Events recorded since power-on.' },
    {
      name: 'INDEX',
      offset: 0x10,
      reset: 0,
      access: 'read-write',
      doc: 'Number of the event the ENTRY registers show, counted from zero since power-on; one that has left the ring is a bus fault on reading an ENTRY register.',
    },
    {
      name: 'ENTRY_TIME_LOW',
      offset: 0x14,
      reset: 0,
      access: 'read-only',
      doc: 'Nanoseconds since power-on, low word.',
    },
    { name: 'ENTRY_TIME_HIGH', offset: 0x18, reset: 0, access: 'read-only', doc: 'High word.' },
    {
      name: 'ENTRY_KIND',
      offset: 0x1c,
      reset: 0,
      access: 'read-only',
      doc: 'Event kind.',
      fields: [{ name: 'KIND', bits: [15, 0], doc: 'Event kind' }],
    },
    { name: 'ENTRY_ARGUMENT0', offset: 0x20, reset: 0, access: 'read-only', doc: 'First argument.' },
    { name: 'ENTRY_ARGUMENT1', offset: 0x24, reset: 0, access: 'read-only', doc: 'Second argument.' },
    {
      name: 'HEARTBEAT',
      offset: 0x80,
      count: 32,
      reset: 0,
      access: 'read-write',
      doc: 'The last heartbeat record (protocol/telemetry/heartbeat.ts), complete once its HEARTBEAT event is recorded. Survives as the ring does.',
    },
  ],
};
