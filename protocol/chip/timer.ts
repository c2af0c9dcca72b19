// 64-bit nanosecond timer with one alarm.

import type { Peripheral } from './svd.ts';

export const timer: Peripheral = {
  name: 'TIMER',
  base: 0x4000_3000,
  doc: 'Nanoseconds since reset, and one alarm.',
  interrupt: { line: 0, doc: 'Alarm' },
  registers: [
    {
      name: 'NOW_LOW',
      offset: 0x00,
      reset: 0,
      access: 'read-only',
      doc: 'Nanoseconds since reset, low word. Reading it latches NOW_HIGH.',
    },
    {
      name: 'NOW_HIGH',
      offset: 0x04,
      reset: 0,
      access: 'read-only',
      doc: 'High word, as of the last read of NOW_LOW.',
    },
    { name: 'ALARM_LOW', offset: 0x08, reset: 0, access: 'read-write', doc: 'Time of the alarm, low word.' },
    { name: 'ALARM_HIGH', offset: 0x0c, reset: 0, access: 'read-write', doc: 'Time of the alarm, high word.' },
    {
      name: 'CONTROL',
      offset: 0x10,
      reset: 0,
      access: 'read-write',
      doc: 'Arms the alarm.',
      fields: [
        {
          name: 'ARM',
          bits: [0, 0],
          doc: 'Writing one arms the alarm for ALARM (at once if that has passed); it clears itself when the alarm fires. Writing zero disarms.',
        },
      ],
    },
    {
      name: 'STATUS',
      offset: 0x14,
      reset: 0,
      access: 'read-write',
      doc: 'Alarm state; raises the interrupt line while ALARM is set.',
      fields: [{ name: 'ALARM', bits: [0, 0], modifiedWriteValues: 'oneToClear', doc: 'The alarm fired' }],
    },
  ],
};
