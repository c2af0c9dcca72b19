// The three devices next to the core: reset controller, interrupt controller, DMA.

import { describe, expect, it } from 'vitest';
import { DMA, FLASH, FUSES, INTC, RESET, TIMER, UART0 } from '../../../protocol/generated/registers.ts';
import { FaultCause, ResetCause } from '../device.ts';
import { Fault } from '../fault.ts';
import { Machine } from '../machine.ts';
import { Dma } from './dma.ts';
import { Flash } from './flash.ts';
import { InterruptController } from './intc.ts';
import { ResetController } from './reset.ts';
import { resetCauseOf } from './rig.ts';
import { Timer } from './timer.ts';
import { Uart } from './uart.ts';

function makeChip() {
  const machine = new Machine();
  const reset = machine.add(new ResetController(machine));
  const intc = machine.add(new InterruptController(machine));
  machine.add(new Dma(machine));
  machine.add(new Flash(machine, machine.flash));
  machine.add(new Timer(machine));
  const uart = machine.add(new Uart(machine, 0));
  machine.resetDevices(ResetCause.POWER_ON);
  machine.ram = Uint8Array.from({ length: 1024 }, (_, i) => i);
  return { machine, reset, intc, uart };
}

function causeOf(access: () => unknown): number {
  try {
    access();
    return FaultCause.NONE;
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    return fault.faultCause;
  }
}

const { REQUEST, KEY } = RESET.registers.CONTROL.fields;
const request = (machine: Machine, value: number) =>
  machine.poke(RESET, 'CONTROL', ((KEY.values.KEY << KEY.shift) | value) >>> 0);

describe('the reset controller', () => {
  it('takes a request for a reset or a hand-over, for when the run ends', () => {
    const { machine, reset } = makeChip();
    expect([reset.resetRequested, reset.handoverRequested]).toEqual([false, false]);
    machine.poke(RESET, 'HANDOVER_ADDRESS', 0x40000);
    machine.poke(RESET, 'HANDOVER_LENGTH', 77);
    request(machine, REQUEST.values.HANDOVER);
    request(machine, REQUEST.values.RESET);
    expect([reset.resetRequested, reset.handoverRequested]).toEqual([true, true]);
    expect(reset.handover).toEqual({ address: 0x40000, length: 77 });
  });

  it('hands over once per reset', () => {
    const { machine, reset } = makeChip();
    request(machine, REQUEST.values.HANDOVER);
    expect(causeOf(() => request(machine, REQUEST.values.HANDOVER))).toBe(FaultCause.BUS_STATE);
    reset.markHandedOver();
    expect(causeOf(() => request(machine, REQUEST.values.HANDOVER))).toBe(FaultCause.BUS_STATE);
    expect(() => reset.markHandedOver()).toThrow('not requested');
    machine.resetDevices(ResetCause.SOFTWARE);
    request(machine, REQUEST.values.HANDOVER);
    expect(reset.handoverRequested).toBe(true);
  });

  it('closes the hand-over registers and the mailbox to the firmware, until the next reset', () => {
    const { machine, reset } = makeChip();
    machine.poke(RESET, 'MAILBOX', 5, 15);
    request(machine, REQUEST.values.HANDOVER);
    reset.markHandedOver();
    expect(machine.peek(RESET, 'MAILBOX', 15)).toBe(5);
    for (const name of ['MAILBOX', 'HANDOVER_ADDRESS', 'HANDOVER_LENGTH'] as const)
      expect(causeOf(() => machine.poke(RESET, name, 1))).toBe(FaultCause.BUS_STATE);
    machine.resetDevices(ResetCause.SOFTWARE);
    expect(machine.peek(RESET, 'MAILBOX', 15)).toBe(0);
    expect(causeOf(() => machine.poke(RESET, 'MAILBOX', 1))).toBe(FaultCause.NONE);
  });

  it('resets the chip when the trial timer runs out, to the nanosecond, unless it is stopped', () => {
    const { machine } = makeChip();
    machine.poke(RESET, 'TRIAL_TIMEOUT', 5);
    machine.advanceTo(4_999_999);
    machine.poke(RESET, 'TRIAL_TIMEOUT', 0);
    machine.advanceTo(6_000_000);
    machine.poke(RESET, 'TRIAL_TIMEOUT', 1);
    expect(resetCauseOf(() => machine.advanceTo(7_000_000))).toBe('TRIAL_TIMEOUT');
    expect(machine.now).toBe(7_000_000);
  });

  it('lets the firmware stop the trial timer, and nothing else', () => {
    const { machine, reset } = makeChip();
    machine.poke(RESET, 'TRIAL_TIMEOUT', 5);
    request(machine, REQUEST.values.HANDOVER);
    reset.markHandedOver();
    expect(causeOf(() => machine.poke(RESET, 'TRIAL_TIMEOUT', 9))).toBe(FaultCause.BUS_STATE);
    machine.poke(RESET, 'TRIAL_TIMEOUT', 0);
    machine.advanceTo(10_000_000);
    expect(machine.queue.length).toBe(0);
  });

  it('keeps fault record, boot request and count over every reset but power-on', () => {
    const { machine, reset } = makeChip();
    reset.recordFault(FaultCause.UNREACHABLE, 0x1234, 2 ** 40 + 7, 'näme');
    machine.poke(RESET, 'BOOT_REQUEST', 1);
    for (const cause of [ResetCause.PIN, ResetCause.WATCHDOG, ResetCause.FAULT]) {
      machine.resetDevices(cause);
      expect(machine.peek(RESET, 'CAUSE')).toBe(cause);
    }
    expect(reset.fault).toEqual({ cause: 2, address: 0x1234, cycle: 2 ** 40 + 7, functionName: 'n?me', count: 1 });
    expect([machine.peek(RESET, 'BOOT_REQUEST'), machine.peek(RESET, 'RESET_COUNT')]).toEqual([1, 3]);
    machine.resetDevices(ResetCause.POWER_ON);
    expect(reset.fault.count).toBe(0);
    expect([machine.peek(RESET, 'BOOT_REQUEST'), machine.peek(RESET, 'RESET_COUNT')]).toEqual([0, 0]);
  });
});

describe('the interrupt controller', () => {
  it('shows the lines that are raised and enabled', () => {
    const { machine, intc } = makeChip();
    machine.setLine(UART0.line, true);
    machine.setLine(TIMER.line, true);
    machine.poke(INTC, 'ENABLE', UART0.line);
    expect([machine.peek(INTC, 'PENDING'), intc.pending]).toEqual([UART0.line, UART0.line]);
    machine.setLine(UART0.line, false);
    expect(intc.pending).toBe(0);
  });

  it('stalls until a line is raised, enabled or not, and lets other events pass on the way', () => {
    const { machine } = makeChip();
    machine.poke(UART0, 'CONTROL', 1);
    machine.poke(FLASH, 'INTERRUPT_ENABLE', 2);
    machine.poke(FLASH, 'COMMAND', ((0xf1a5 << 16) | 1) >>> 0);
    machine.poke(TIMER, 'ALARM_LOW', 1000);
    machine.poke(TIMER, 'CONTROL', 1);
    machine.poke(INTC, 'WAIT', FLASH.line);
    expect(machine.now).toBe(45_000_000);
    expect(machine.lines[0]).toBe(FLASH.line | TIMER.line);
    machine.poke(INTC, 'WAIT', TIMER.line);
    expect(machine.now).toBe(45_000_000);
  });

  it('refuses to wait for what cannot come', () => {
    const { machine } = makeChip();
    expect(causeOf(() => machine.poke(INTC, 'WAIT', UART0.line))).toBe(FaultCause.SLEEP_FOREVER);
    machine.setLine(UART0.line, true);
    expect(causeOf(() => machine.poke(INTC, 'WAIT', 0))).toBe(FaultCause.SLEEP_FOREVER);
  });
});

describe('the DMA', () => {
  const [toRam, fromRam, fixed] = [1, 3, 4];
  function copy(machine: Machine, ramAddress: number, busAddress: number, length: number, control: number): number {
    machine.poke(DMA, 'RAM_ADDRESS', ramAddress);
    machine.poke(DMA, 'BUS_ADDRESS', busAddress);
    machine.poke(DMA, 'LENGTH', length);
    const start = machine.now;
    machine.poke(DMA, 'CONTROL', control);
    return (machine.now - start) / 4;
  }

  it('copies flash to RAM from any address to any address', () => {
    const { machine } = makeChip();
    machine.flash.writeBytes(4093, Uint8Array.of(1, 2, 3, 4, 5, 6, 7));
    expect(copy(machine, 13, 4093, 7, toRam)).toBe(8 + 2);
    expect([...machine.ram.subarray(12, 21)]).toEqual([12, 1, 2, 3, 4, 5, 6, 7, 20]);
  });

  it('copies words between RAM and registers', () => {
    const { machine } = makeChip();
    expect(copy(machine, 4, FLASH.base + FLASH.registers.BUFFER.offset, 16, fromRam)).toBe(8 + 4);
    expect(machine.peek(FLASH, 'BUFFER', 1)).toBe(0x0b0a_0908);
    copy(machine, 100, FLASH.base + FLASH.registers.BUFFER.offset + 4, 8, toRam);
    expect([...machine.ram.subarray(100, 108)]).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
  });

  it('fills and drains a FIFO byte by byte at a fixed address, one cycle each', () => {
    const { machine, uart } = makeChip();
    const sent: number[] = [];
    machine.owner = {
      onTransmit: (_line, bytes) => sent.push(...bytes),
      onBoardEvent: () => {},
      onAccessCut: () => {},
      onRearm: () => {},
    };
    expect(copy(machine, 10, UART0.base, 5, fromRam | fixed)).toBe(8 + 5);
    machine.poke(UART0, 'CONTROL', 1);
    uart.receive(Uint8Array.of(7, 8, 9));
    machine.advanceTo(1_000_000);
    expect(sent).toEqual([10, 11, 12, 13, 14]);
    copy(machine, 500, UART0.base, 3, toRam | fixed);
    expect([...machine.ram.subarray(500, 503)]).toEqual([7, 8, 9]);
  });

  it('copies nothing when asked to, for the price of the set-up', () => {
    const { machine } = makeChip();
    expect(copy(machine, 1024, 0, 0, toRam)).toBe(8);
  });

  it('obeys the bus: what the core may not do, it may not either', () => {
    const table: [
      what: string,
      cause: number,
      ...parameters: Parameters<typeof copy> extends [Machine, ...infer Rest] ? Rest : never,
    ][] = [
      ['past the end of RAM', FaultCause.MEMORY_BOUNDS, 1020, 0, 8, toRam],
      ['into mapped flash', FaultCause.BUS_ACCESS, 0, 0x40000, 8, fromRam],
      ['past the end of flash', FaultCause.BUS_UNMAPPED, 0, 0x1f_fffc, 8, toRam],
      ['a register that is not there', FaultCause.BUS_UNMAPPED, 0, 0x4000_0ff0, 4, toRam],
      ['registers at an odd address', FaultCause.BUS_MISALIGNED, 0, FUSES.base + 0x202, 4, toRam],
      ['half a register', FaultCause.BUS_MISALIGNED, 0, FUSES.base + 0x200, 6, toRam],
      ['a read-only register', FaultCause.BUS_ACCESS, 0, FUSES.base + 0x200, 4, fromRam],
      ['more bytes than a FIFO has', FaultCause.BUS_STATE, 0, UART0.base, 1, toRam | fixed],
      ['itself', FaultCause.BUS_STATE, 0, DMA.base, 4, fromRam],
    ];
    for (const [what, cause, ...parameters] of table)
      expect(
        causeOf(() => copy(makeChip().machine, ...parameters)),
        what,
      ).toBe(cause);
  });
});
