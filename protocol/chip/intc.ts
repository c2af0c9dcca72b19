// Interrupt controller: which lines call the core, and the way to wait for one inside a run.

import type { Peripheral } from './svd.ts';

const lines = { bits: [15, 0] as [number, number] };

export const intc: Peripheral = {
  name: 'INTC',
  base: 0x4000_9000,
  doc: 'Interrupt controller. Lines are level-triggered; the core sleeps between runs and is called with interrupt(PENDING) while an enabled line is raised.',
  registers: [
    {
      name: 'PENDING',
      offset: 0x00,
      reset: 0,
      access: 'read-only',
      doc: 'Raised and enabled lines.',
      fields: [{ name: 'LINES', ...lines, doc: 'One bit a line' }],
    },
    {
      name: 'ENABLE',
      offset: 0x04,
      reset: 0,
      access: 'read-write',
      doc: 'Lines that may call the core.',
      fields: [{ name: 'LINES', ...lines, doc: 'One bit a line' }],
    },
    {
      name: 'WAIT',
      offset: 0x08,
      reset: 0,
      access: 'write-only',
      doc: 'Stalls the core until one of these lines is raised, enabled or not; waiting for lines that nothing can raise is a fault.',
      fields: [{ name: 'LINES', ...lines, doc: 'One bit a line' }],
    },
  ],
};
