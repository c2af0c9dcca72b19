// The two serial lines: UART0 to the room-temperature gateway, UART1 the console.

import type { Peripheral, Register } from './svd.ts';

const registers: Register[] = [
  {
    name: 'DATA',
    offset: 0x00,
    reset: 0,
    access: 'read-write',
    doc: 'Reading takes the oldest received byte, writing appends one to send. Reading while none is there, or writing while the transmit FIFO is full, is a bus fault. DMA may use it with a fixed bus address, one byte an access.',
    fields: [{ name: 'DATA', bits: [7, 0], doc: 'Byte' }],
  },
  {
    name: 'STATUS',
    offset: 0x04,
    reset: 2,
    access: 'read-only',
    doc: 'State of the line.',
    fields: [
      { name: 'RECEIVE_AVAILABLE', bits: [0, 0], doc: 'At least one received byte waits' },
      { name: 'TRANSMIT_EMPTY', bits: [1, 1], doc: 'The transmit FIFO is empty and the line is idle' },
      {
        name: 'OVERRUN',
        bits: [2, 2],
        access: 'read-write',
        modifiedWriteValues: 'oneToClear',
        doc: 'Bytes were lost because the receive FIFO was full',
      },
    ],
  },
  {
    name: 'LEVEL',
    offset: 0x08,
    reset: 0x0200_0000,
    access: 'read-only',
    doc: 'Fill of the FIFOs (512 bytes each).',
    fields: [
      { name: 'RECEIVED', bits: [15, 0], doc: 'Received bytes waiting' },
      { name: 'TRANSMIT_FREE', bits: [31, 16], doc: 'Bytes the transmit FIFO still takes' },
    ],
  },
  {
    name: 'CONTROL',
    offset: 0x0c,
    reset: 0,
    access: 'read-write',
    doc: 'Switches the line on.',
    fields: [
      { name: 'ENABLE', bits: [0, 0], doc: 'Received bytes are taken; while zero they are dropped' },
      {
        name: 'FLOW_CONTROL',
        bits: [1, 1],
        doc: 'The sender is held off (RTS) while the receive FIFO has no room; while zero bytes that find no room are lost',
      },
    ],
  },
  {
    name: 'BAUD',
    offset: 0x10,
    reset: 1_000_000,
    access: 'read-write',
    doc: 'Bits a second; a byte takes ten bits. Writing zero is a bus fault.',
  },
  {
    name: 'INTERRUPT_ENABLE',
    offset: 0x14,
    reset: 0,
    access: 'read-write',
    doc: 'Which status bits raise the line.',
    fields: [
      { name: 'RECEIVE_AVAILABLE', bits: [0, 0], doc: 'While STATUS.RECEIVE_AVAILABLE is set' },
      { name: 'TRANSMIT_EMPTY', bits: [1, 1], doc: 'While STATUS.TRANSMIT_EMPTY is set' },
    ],
  },
];

export const uart0: Peripheral = {
  name: 'UART0',
  base: 0x4000_5000,
  doc: 'Serial line to the room-temperature gateway: SMP datagrams in SLIP frames.',
  interrupt: { line: 2, doc: 'Receive or transmit' },
  registers,
};

export const uart1: Peripheral = {
  name: 'UART1',
  base: 0x4000_6000,
  doc: 'Serial console: SMP in console framing.',
  interrupt: { line: 3, doc: 'Receive or transmit' },
  registers,
};
