// Block copy between core RAM and the bus. The core stalls while it runs.

import type { Peripheral } from './svd.ts';

export const dma: Peripheral = {
  name: 'DMA',
  base: 0x4000_8000,
  doc: 'Copies a block between core RAM and the bus; the core stalls for the copy (8 cycles and one per 4 bytes; one per byte with a fixed address).',
  registers: [
    {
      name: 'RAM_ADDRESS',
      offset: 0x00,
      reset: 0,
      access: 'read-write',
      doc: 'Byte address in core RAM; the block must lie in RAM.',
    },
    {
      name: 'BUS_ADDRESS',
      offset: 0x04,
      reset: 0,
      access: 'read-write',
      doc: 'Byte address on the bus. Mapped flash takes any alignment; registers are copied by words, so address and length must be multiples of 4.',
    },
    {
      name: 'LENGTH',
      offset: 0x08,
      reset: 0,
      access: 'read-write',
      doc: 'Bytes.',
      fields: [{ name: 'LENGTH', bits: [19, 0], doc: 'Bytes' }],
    },
    {
      name: 'CONTROL',
      offset: 0x0c,
      reset: 0,
      access: 'write-only',
      doc: 'Starts the copy; it is complete when the write returns.',
      fields: [
        { name: 'START', bits: [0, 0], doc: 'Must be one', values: { START: { value: 1, doc: 'Copy' } } },
        {
          name: 'DIRECTION',
          bits: [1, 1],
          doc: 'Which way',
          values: { BUS_TO_RAM: { value: 0, doc: 'Read the bus' }, RAM_TO_BUS: { value: 1, doc: 'Write the bus' } },
        },
        {
          name: 'ADDRESSING',
          bits: [2, 2],
          doc: 'How the bus address moves',
          values: {
            INCREMENT: { value: 0, doc: 'Forward through memory or registers' },
            FIXED: { value: 1, doc: 'One byte an access at the same register: a FIFO' },
          },
        },
      ],
    },
  ],
};
