// Reset controller: why the core came up, what went wrong before, and the way from bootloader to firmware.

import { NO_ALARM } from '../constants.ts';
import type { Peripheral } from './svd.ts';

export const reset: Peripheral = {
  name: 'RESET',
  base: 0x4000_1000,
  doc: 'Reset controller: reset cause, fault record, boot hand-over and the trial timer.',
  registers: [
    {
      name: 'CONTROL',
      offset: 0x00,
      reset: 0,
      access: 'write-only',
      doc: 'Requests take effect when the running export returns.',
      fields: [
        {
          name: 'REQUEST',
          bits: [3, 0],
          doc: 'What is requested',
          values: {
            RESET: { value: 1, doc: 'Reset the chip, cause SOFTWARE' },
            HANDOVER: {
              value: 2,
              doc: 'Load the module at HANDOVER_ADDRESS into fresh RAM and call its reset(); once per reset',
            },
            CLEAR_FAULT: { value: 3, doc: 'Forget the fault record (FAULT_COUNT stays)' },
          },
        },
        {
          name: 'KEY',
          bits: [31, 16],
          doc: 'Must be the key',
          values: { KEY: { value: 0xc01d, doc: 'Unlocks the request' } },
        },
      ],
    },
    {
      name: 'CAUSE',
      offset: 0x04,
      reset: 1,
      access: 'read-only',
      doc: 'Why the chip came out of reset.',
      fields: [
        {
          name: 'CAUSE',
          bits: [3, 0],
          doc: 'Reset cause',
          values: {
            POWER_ON: { value: 1, doc: 'Power was applied', runbook: NO_ALARM },
            PIN: { value: 2, doc: 'The reset pin was pulled', runbook: NO_ALARM },
            SOFTWARE: { value: 3, doc: 'CONTROL.REQUEST', runbook: NO_ALARM },
            WATCHDOG: { value: 4, doc: 'The watchdog was not fed in time, or too early', runbook: 'watchdog' },
            FAULT: { value: 5, doc: 'The core faulted; the fault record says how', runbook: 'core-fault' },
            TRIAL_TIMEOUT: {
              value: 6,
              doc: 'A trial image was not confirmed before the trial timer ran out',
              runbook: 'trial-failed',
            },
            BROWN_OUT: { value: 7, doc: 'The supply dipped below the limit', runbook: 'brown-out' },
          },
        },
      ],
    },
    {
      name: 'BOOT_REQUEST',
      offset: 0x08,
      reset: 0,
      access: 'read-write',
      doc: 'Boot request: how the bootloader is to boot next; survives every reset but power-on.',
      fields: [
        {
          name: 'MODE',
          bits: [3, 0],
          doc: 'What is requested',
          values: {
            NORMAL: { value: 0, doc: 'Boot as usual' },
            SAFE_MODE: { value: 1, doc: 'Stay in the bootloader and answer SMP' },
          },
        },
        {
          name: 'TRIAL_FAILURE',
          bits: [15, 8],
          doc: 'Why the firmware ends its own trial (reject reasons), 0 when it does not; counts with the reset that follows',
        },
      ],
    },
    { name: 'RESET_COUNT', offset: 0x0c, reset: 0, access: 'read-only', doc: 'Resets since power-on.' },
    {
      name: 'TRIAL_TIMEOUT',
      offset: 0x10,
      reset: 0,
      access: 'read-write',
      doc: 'Milliseconds from this write until the chip resets with cause TRIAL_TIMEOUT; zero stops the timer. After the hand-over only zero may be written.',
    },
    {
      name: 'HANDOVER_ADDRESS',
      offset: 0x14,
      reset: 0,
      access: 'read-write',
      doc: 'Flash address of the module to run. Read-only after the hand-over (a write is a bus fault).',
    },
    {
      name: 'HANDOVER_LENGTH',
      offset: 0x18,
      reset: 0,
      access: 'read-write',
      doc: 'Its length in bytes. Read-only after the hand-over.',
    },
    {
      name: 'RESETS_IN_A_ROW',
      offset: 0x1c,
      reset: 0,
      access: 'read-write',
      doc: 'Resets that were not requested, since firmware last was healthy. The bootloader counts; firmware writes zero when it is healthy or was requested to reset. Survives every reset but power-on.',
      fields: [
        { name: 'COUNT', bits: [15, 0], doc: 'Resets in a row of the image that runs' },
        { name: 'TRIED', bits: [17, 16], doc: 'Bit n: the confirmed image in slot n has had its turn in this row' },
      ],
    },
    {
      name: 'FAULT_CAUSE',
      offset: 0x20,
      reset: 0,
      access: 'read-only',
      doc: 'The last fault; survives every reset but power-on.',
      fields: [
        {
          name: 'CAUSE',
          bits: [7, 0],
          doc: 'Fault cause',
          values: {
            NONE: { value: 0, doc: 'No fault since power-on or CLEAR_FAULT', runbook: NO_ALARM },
            BUDGET: { value: 1, doc: 'One run of the core took longer than the core allows', runbook: 'core-fault' },
            UNREACHABLE: { value: 2, doc: 'unreachable was executed: a failed assertion', runbook: 'core-fault' },
            MEMORY_BOUNDS: { value: 3, doc: 'RAM access out of bounds', runbook: 'core-fault' },
            DIVIDE_BY_ZERO: { value: 4, doc: 'Integer division by zero', runbook: 'core-fault' },
            INTEGER_OVERFLOW: { value: 5, doc: 'Integer division overflow', runbook: 'core-fault' },
            INDIRECT_CALL: {
              value: 6,
              doc: 'Indirect call to a missing or differently typed function',
              runbook: 'core-fault',
            },
            STACK_OVERFLOW: { value: 7, doc: 'Call stack exhausted', runbook: 'core-fault' },
            BUS_UNMAPPED: { value: 8, doc: 'No device or register at the address', runbook: 'core-fault' },
            BUS_MISALIGNED: { value: 9, doc: 'The address is not a multiple of 4', runbook: 'core-fault' },
            BUS_RESERVED: {
              value: 10,
              doc: 'A reserved bit or a value outside its enumeration was written',
              runbook: 'core-fault',
            },
            BUS_ACCESS: {
              value: 11,
              doc: 'A write-only register was read, or a read-only one written',
              runbook: 'core-fault',
            },
            BUS_PROTECTED: { value: 12, doc: 'A protected partition was to be changed', runbook: 'core-fault' },
            BUS_STATE: { value: 13, doc: 'The device cannot do this in its present state', runbook: 'core-fault' },
            IMAGE_REFUSED: {
              value: 14,
              doc: 'The module at the hand-over address is not one the core runs',
              runbook: 'image-not-for-device',
            },
            WATCHDOG: {
              value: 15,
              doc: 'The watchdog ran out while the core was busy; the function named is where it was',
              runbook: 'watchdog',
            },
            SLEEP_FOREVER: { value: 16, doc: 'The core waits for lines that nothing can raise', runbook: 'core-fault' },
          },
        },
      ],
    },
    {
      name: 'FAULT_ADDRESS',
      offset: 0x24,
      reset: 0,
      access: 'read-only',
      doc: 'Bus address of the fault, zero where there is none.',
    },
    {
      name: 'FAULT_CYCLE_LOW',
      offset: 0x28,
      reset: 0,
      access: 'read-only',
      doc: 'Core cycle since reset at which it happened, low word.',
    },
    { name: 'FAULT_CYCLE_HIGH', offset: 0x2c, reset: 0, access: 'read-only', doc: 'Core cycle, high word.' },
    { name: 'FAULT_COUNT', offset: 0x30, reset: 0, access: 'read-only', doc: 'Faults since power-on.' },
    {
      name: 'FAULT_FUNCTION',
      offset: 0x40,
      count: 12,
      reset: 0,
      access: 'read-only',
      doc: 'Name of the function that faulted: ASCII, zero-padded, its last 48 characters. With IMAGE_REFUSED: why, which byte of the module, which function.',
    },
    {
      name: 'MAILBOX',
      offset: 0x80,
      count: 48,
      reset: 0,
      access: 'read-write',
      doc: 'Hand-over record from bootloader to firmware (protocol/handover.ts). Read-only after the hand-over; cleared by reset.',
    },
  ],
};
