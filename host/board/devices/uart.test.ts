// A serial line delivers bytes at the pace of its baud rate, and says so when it loses any.

import { describe, expect, test } from 'vitest';
import { UART0, UART1 } from '../../../protocol/generated/registers.ts';
import { microseconds, milliseconds, Rig, refusal } from './rig.ts';
import { burstBytes, fifoBytes, Uart, wireBytes } from './uart.ts';
import { byteNs, free, makeUartRig, pattern, readAll, sentBytes, status, waiting, write } from './uart-rig.ts';

const { RECEIVE_AVAILABLE, TRANSMIT_EMPTY, OVERRUN } = UART0.registers.STATUS.fields;
const { ENABLE, FLOW_CONTROL } = UART0.registers.CONTROL.fields;

describe('receiving', () => {
  test('a byte takes ten bit times to arrive: not there one nanosecond before', () => {
    const rig = makeUartRig();
    rig.device.receive(Uint8Array.of(0xa5));
    rig.skip(byteNs - 1);
    expect(status(rig) & RECEIVE_AVAILABLE.mask).toBe(0);
    expect(refusal(() => rig.machine.peek(UART0, 'DATA'))).toBe('BUS_STATE');
    rig.skip(1);
    expect(waiting(rig)).toBe(1);
    expect(rig.machine.peek(UART0, 'DATA')).toBe(0xa5);
    expect(status(rig) & RECEIVE_AVAILABLE.mask).toBe(0);
  });

  test('a long frame comes in bursts of 64, each when its last byte is over', () => {
    const rig = makeUartRig();
    rig.device.receive(pattern(150));
    const fills: number[] = [];
    for (const bytes of [63, 1, 63, 1, 21, 1]) {
      rig.skip(bytes * byteNs);
      fills.push(waiting(rig));
    }
    expect(fills).toEqual([0, 64, 64, 128, 128, 150]);
    expect(readAll(rig)).toEqual([...pattern(150)]);
    expect(rig.machine.queue.length).toBe(0);
  });

  test('25 Mbaud carries 2.5 million bytes a second', () => {
    const rig = makeUartRig();
    rig.machine.poke(UART0, 'BAUD', 25_000_000);
    rig.device.receive(pattern(250));
    rig.skip(microseconds(100) - 1);
    expect(waiting(rig)).toBeLessThan(250);
    rig.skip(1);
    expect(waiting(rig)).toBe(250);
  });

  test('bytes put on the wire later queue behind those on it', () => {
    const rig = makeUartRig();
    rig.device.receive(Uint8Array.of(1, 2));
    rig.skip(byteNs);
    rig.device.receive(Uint8Array.of(3));
    rig.skip(2 * byteNs);
    expect(readAll(rig)).toEqual([1, 2, 3]);
  });

  test('with flow control a reader too slow for 512 bytes loses none: the sender waits on the wire', () => {
    const rig = makeUartRig();
    rig.machine.poke(UART0, 'CONTROL', ENABLE.mask | FLOW_CONTROL.mask);
    rig.device.receive(pattern(1500));
    const seen: number[] = [];
    for (let pause = 0; pause < 5; pause++) {
      rig.skip(milliseconds(20));
      expect(waiting(rig)).toBeLessThanOrEqual(fifoBytes);
      seen.push(...readAll(rig));
    }
    expect(seen).toEqual([...pattern(1500)]);
    expect(status(rig) & OVERRUN.mask).toBe(0);
  });

  test('a sender that was held off goes on after a reset of the chip', () => {
    const rig = makeUartRig();
    rig.machine.poke(UART0, 'CONTROL', ENABLE.mask | FLOW_CONTROL.mask);
    rig.device.receive(pattern(600));
    rig.skip(milliseconds(20));
    rig.device.reset();
    rig.machine.poke(UART0, 'CONTROL', ENABLE.mask);
    rig.skip(milliseconds(20));
    expect(readAll(rig)).toEqual([...pattern(600)].slice(fifoBytes));
  });

  test('a reader too slow for 512 bytes loses the newest, and OVERRUN says so until it is cleared', () => {
    const rig = makeUartRig();
    rig.device.receive(pattern(600));
    rig.skip(milliseconds(6));
    expect(status(rig) & OVERRUN.mask).toBe(OVERRUN.mask);
    expect(readAll(rig)).toEqual([...pattern(600).subarray(0, fifoBytes)]);
    expect(status(rig) & OVERRUN.mask).toBe(OVERRUN.mask);
    rig.machine.poke(UART0, 'STATUS', OVERRUN.mask);
    expect(status(rig) & OVERRUN.mask).toBe(0);
  });

  test('exactly 512 bytes fit without a loss', () => {
    const rig = makeUartRig();
    rig.device.receive(pattern(fifoBytes));
    rig.skip(milliseconds(6));
    expect(status(rig) & OVERRUN.mask).toBe(0);
    expect(waiting(rig)).toBe(fifoBytes);
  });

  test('while not enabled, bytes are dropped without a word', () => {
    const rig = makeUartRig(false);
    rig.device.receive(pattern(10));
    rig.skip(10 * byteNs);
    rig.machine.poke(UART0, 'CONTROL', 1);
    expect(status(rig)).toBe(TRANSMIT_EMPTY.mask);
    rig.device.receive(Uint8Array.of(9));
    rig.skip(byteNs);
    expect(readAll(rig)).toEqual([9]);
  });

  test('the wire is bounded: more than it holds is an error that says how much fits', () => {
    const rig = makeUartRig();
    rig.device.receive(new Uint8Array(wireBytes - 5));
    expect(rig.device.wireFree).toBe(5);
    expect(() => rig.device.receive(new Uint8Array(6))).toThrow('6 bytes do not fit on the wire, 5 do');
    rig.device.receive(new Uint8Array(5));
    rig.device.receive(new Uint8Array(0));
    expect(rig.device.wireFree).toBe(0);
  });

  test('the line is raised while bytes wait and the guest wants to know', () => {
    const rig = makeUartRig();
    rig.device.receive(Uint8Array.of(1, 2));
    rig.skip(2 * byteNs);
    expect(rig.lineRaised()).toBe(false);
    rig.machine.poke(UART0, 'INTERRUPT_ENABLE', RECEIVE_AVAILABLE.mask);
    expect(rig.lineRaised()).toBe(true);
    rig.machine.peek(UART0, 'DATA');
    expect(rig.lineRaised()).toBe(true);
    rig.machine.peek(UART0, 'DATA');
    expect(rig.lineRaised()).toBe(false);
  });
});

describe('transmitting', () => {
  test('bytes leave in order, and TRANSMIT_EMPTY says when the last is over', () => {
    const rig = makeUartRig();
    write(rig, pattern(100));
    expect(free(rig)).toBe(fifoBytes - 100);
    rig.skip(100 * byteNs - 1);
    expect(status(rig) & TRANSMIT_EMPTY.mask).toBe(0);
    rig.skip(1);
    expect(status(rig) & TRANSMIT_EMPTY.mask).toBe(TRANSMIT_EMPTY.mask);
    expect(sentBytes(rig)).toEqual([...pattern(100)]);
    expect(rig.sent.map((burst) => burst.bytes.length)).toEqual([1, burstBytes, 35]);
    expect(rig.sent.map((burst) => burst.timeNs)).toEqual([byteNs, 65 * byteNs, 100 * byteNs]);
    expect(rig.machine.queue.length).toBe(0);
  });

  test('the FIFO takes 512 bytes; one more is a fault', () => {
    const rig = makeUartRig();
    write(rig, pattern(fifoBytes));
    expect(free(rig)).toBe(0);
    expect(refusal(() => rig.machine.poke(UART0, 'DATA', 1))).toBe('BUS_STATE');
    rig.skip(byteNs);
    rig.machine.poke(UART0, 'DATA', 0x11);
    rig.skip(milliseconds(6));
    expect(sentBytes(rig)).toEqual([...pattern(fifoBytes), 0x11]);
  });

  test('the line is raised while the transmitter is empty and the guest wants to know', () => {
    const rig = makeUartRig();
    rig.machine.poke(UART0, 'INTERRUPT_ENABLE', TRANSMIT_EMPTY.mask);
    expect(rig.lineRaised()).toBe(true);
    rig.machine.poke(UART0, 'DATA', 1);
    expect(rig.lineRaised()).toBe(false);
    rig.skip(byteNs);
    expect(rig.lineRaised()).toBe(true);
  });

  test('a write of more than a byte, a rate of zero: refused', () => {
    const rig = makeUartRig();
    expect(refusal(() => rig.machine.poke(UART0, 'DATA', 0x100))).toBe('BUS_RESERVED');
    expect(refusal(() => rig.machine.poke(UART0, 'BAUD', 0))).toBe('BUS_RESERVED');
    expect(rig.machine.peek(UART0, 'BAUD')).toBe(1_000_000);
  });
});

describe('resets and power', () => {
  test('a reset cuts what is leaving: bytes whose time is over are out, the rest are lost', () => {
    const rig = makeUartRig();
    write(rig, pattern(60));
    rig.skip(byteNs * 11 + 3);
    rig.reset();
    expect(sentBytes(rig)).toEqual([...pattern(60).subarray(0, 11)]);
    rig.skip(milliseconds(1));
    expect(sentBytes(rig).length).toBe(11);
    expect(status(rig)).toBe(TRANSMIT_EMPTY.mask);
    expect(free(rig)).toBe(fifoBytes);
  });

  test('after a reset the wire goes on: its bytes are dropped until the guest enables the line again', () => {
    const rig = makeUartRig();
    rig.device.receive(pattern(3 * burstBytes));
    rig.skip(burstBytes * byteNs);
    rig.reset();
    expect(waiting(rig)).toBe(0);
    rig.skip(burstBytes * byteNs);
    rig.machine.poke(UART0, 'CONTROL', 1);
    rig.skip(burstBytes * byteNs);
    expect(readAll(rig)).toEqual([...pattern(3 * burstBytes).subarray(2 * burstBytes)]);
  });

  test('without power everything in flight is gone', () => {
    const rig = makeUartRig();
    rig.device.receive(pattern(100));
    write(rig, pattern(100));
    rig.skip(byteNs);
    rig.cutPower();
    expect(rig.machine.queue.length).toBe(0);
    expect(rig.device.wireFree).toBe(wireBytes);
    rig.powerOn();
    rig.machine.poke(UART0, 'CONTROL', 1);
    rig.skip(milliseconds(10));
    expect(sentBytes(rig)).toEqual([...pattern(1)]);
    expect(readAll(rig)).toEqual([]);
  });

  test('restored from a snapshot, both directions go on where they were', () => {
    const rig = makeUartRig();
    rig.device.receive(pattern(200, 1));
    write(rig, pattern(200, 2));
    rig.skip(byteNs * 70);
    const restore = rig.snapshot();
    const already = rig.sent.length;
    rig.cutPower();
    rig.powerOn();
    restore();
    rig.sent.length = already;
    rig.skip(byteNs * 130);
    expect(readAll(rig)).toEqual([...pattern(200, 1)]);
    expect(sentBytes(rig)).toEqual([...pattern(200, 2)]);
  });
});

test('the two lines of a chip do not disturb each other', () => {
  const rig = new Rig((machine) => new Uart(machine, 0));
  const console = rig.machine.add(new Uart(rig.machine, 1));
  rig.powerOn();
  rig.machine.poke(UART0, 'CONTROL', 1);
  rig.machine.poke(UART1, 'CONTROL', 1);
  rig.device.receive(Uint8Array.of(1));
  console.receive(Uint8Array.of(2));
  rig.machine.poke(UART0, 'DATA', 3);
  rig.machine.poke(UART1, 'DATA', 4);
  rig.skip(byteNs);
  expect([rig.machine.peek(UART0, 'DATA'), rig.machine.peek(UART1, 'DATA')]).toEqual([1, 2]);
  expect(rig.sent.map(({ line, bytes }) => [line, bytes])).toEqual([
    [0, [3]],
    [1, [4]],
  ]);
});
