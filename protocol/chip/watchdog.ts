// Watchdog with timeout and window.

import type { Peripheral } from './svd.ts';

export const watchdog: Peripheral = {
  name: 'WATCHDOG',
  base: 0x4000_2000,
  doc: 'Window watchdog: resets the chip when it is fed too late or too early. Once started only a reset stops it.',
  registers: [
    {
      name: 'CONTROL',
      offset: 0x00,
      reset: 0,
      access: 'read-write',
      doc: 'Starts the watchdog. Starting it with a WINDOW not below TIMEOUT is a bus fault: no feed could be in time.',
      fields: [{ name: 'ENABLE', bits: [0, 0], modifiedWriteValues: 'oneToSet', doc: 'Runs; counts from the write' }],
    },
    {
      name: 'TIMEOUT',
      offset: 0x04,
      reset: 1_000_000,
      access: 'read-write',
      doc: 'Microseconds from one feed to the reset; locked while enabled (a write is a bus fault).',
    },
    {
      name: 'WINDOW',
      offset: 0x08,
      reset: 0,
      access: 'read-write',
      doc: 'A feed earlier than this many microseconds after the last resets the chip; locked while enabled.',
    },
    {
      name: 'FEED',
      offset: 0x0c,
      reset: 0,
      access: 'write-only',
      doc: 'Feeds the watchdog; no effect while it is not enabled.',
      fields: [
        { name: 'KEY', bits: [31, 0], doc: 'Must be the key', values: { KEY: { value: 0x0d06_f00d, doc: 'Feeds' } } },
      ],
    },
    {
      name: 'REMAINING',
      offset: 0x10,
      reset: 0,
      access: 'read-only',
      doc: 'Microseconds until the reset, rounded down; zero while not enabled.',
    },
  ],
};
