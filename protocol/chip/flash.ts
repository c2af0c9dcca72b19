// NOR flash controller. The array itself is mapped for reading at address 0; it changes only through here.

import type { Peripheral } from './svd.ts';

export const flash: Peripheral = {
  name: 'FLASH',
  base: 0x4000_0000,
  doc: 'NOR flash controller: erases 4 KiB sectors to ones, programs (clears bits of) aligned 8-byte units, and guards partitions until the next reset. A reset in the middle of an operation tears it, as the loss of power does.',
  interrupt: { line: 1, doc: 'Operation done' },
  registers: [
    {
      name: 'COMMAND',
      offset: 0x00,
      reset: 0,
      access: 'write-only',
      doc: 'Starts an operation on ADDRESS, with LENGTH and BUFFER as they are now; the array changes when it is done. A command while BUSY, a misaligned address, or a protected one is a bus fault.',
      fields: [
        {
          name: 'OPERATION',
          bits: [3, 0],
          doc: 'What to do',
          values: {
            ERASE_SECTOR: { value: 1, doc: 'Set the 4 KiB sector at ADDRESS to ones' },
            PROGRAM: { value: 2, doc: 'Program LENGTH bytes of BUFFER at ADDRESS, unit by unit in ascending order' },
          },
        },
        {
          name: 'KEY',
          bits: [31, 16],
          doc: 'Must be the key, so that a stray write erases nothing',
          values: { KEY: { value: 0xf1a5, doc: 'Unlocks the command' } },
        },
      ],
    },
    {
      name: 'STATUS',
      offset: 0x04,
      reset: 0,
      access: 'read-only',
      doc: 'State of the controller.',
      fields: [
        { name: 'BUSY', bits: [0, 0], doc: 'An operation is running' },
        {
          name: 'DONE',
          bits: [1, 1],
          access: 'read-write',
          modifiedWriteValues: 'oneToClear',
          doc: 'An operation ended',
        },
        {
          name: 'PROGRAM_ERROR',
          bits: [2, 2],
          access: 'read-write',
          modifiedWriteValues: 'oneToClear',
          doc: 'A program operation wanted a one where the cell already held a zero; the cell stays zero',
        },
      ],
    },
    {
      name: 'INTERRUPT_ENABLE',
      offset: 0x08,
      reset: 0,
      access: 'read-write',
      doc: 'Which status bits raise the interrupt line.',
      fields: [{ name: 'DONE', bits: [1, 1], doc: 'Raise the line while STATUS.DONE is set' }],
    },
    {
      name: 'ADDRESS',
      offset: 0x0c,
      reset: 0,
      access: 'read-write',
      doc: 'Byte address in flash the next operation works on.',
    },
    {
      name: 'LENGTH',
      offset: 0x10,
      reset: 8,
      access: 'read-write',
      doc: 'Bytes to program: a multiple of 8, at most 256, never past the end of a 256-byte page.',
      fields: [{ name: 'LENGTH', bits: [8, 0], doc: 'Bytes' }],
    },
    {
      name: 'PROTECT',
      offset: 0x14,
      reset: 0,
      access: 'read-write',
      doc: 'Partitions that refuse erase and program (bus fault) until the next reset.',
      fields: [
        { name: 'BOOT', bits: [0, 0], modifiedWriteValues: 'oneToSet', doc: 'The bootloader partition' },
        {
          name: 'SLOT_A',
          bits: [1, 1],
          modifiedWriteValues: 'oneToSet',
          doc: 'Image slot A, except its trailer sector',
        },
        {
          name: 'SLOT_B',
          bits: [2, 2],
          modifiedWriteValues: 'oneToSet',
          doc: 'Image slot B, except its trailer sector',
        },
        { name: 'BOOT_LOG', bits: [3, 3], modifiedWriteValues: 'oneToSet', doc: 'The boot log' },
      ],
    },
    {
      name: 'BUFFER',
      offset: 0x100,
      count: 64,
      reset: 0,
      access: 'read-write',
      doc: 'Data for PROGRAM, little endian; one 256-byte page.',
    },
  ],
};
