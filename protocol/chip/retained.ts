// Retained RAM: a small memory beside the core's, with a supply of its own kind: a reset leaves it alone.

import type { Peripheral } from './svd.ts';

export const retained: Peripheral = {
  name: 'RETAINED',
  base: 0x4000_b000,
  size: 0x4000,
  doc: 'RAM that survives every reset but power-on. After power-on it holds anything, so what is kept in it needs a checksum.',
  registers: [
    { name: 'DATA', offset: 0x00, count: 4096, reset: 0, access: 'read-write', doc: 'The words of the memory.' },
  ],
};
