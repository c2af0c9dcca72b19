// Every cause in RESET.FAULT_CAUSE, reached by a guest that does the thing, and what the record says afterwards.

import { describe, expect, it } from 'vitest';
import { FLASH } from '../../protocol/generated/registers.ts';
import { assemble } from './cpu/testing/modules.ts';
import { FaultCause } from './device.ts';
import { LogKind } from './log.ts';
import { activationLimitNs } from './processor.ts';
import { at, bench, clearFault, faultName, type Guest, handOverTo, read, resetCauses, write } from './testing.ts';

const millisecond = 1_000_000;
const reached = new Set<string>();

/** Runs a bootloader that does this in `$culprit`, once: after the fault it sleeps. */
function afterFault(body: string, fields = '') {
  const { board, records } = bench({
    fields: `${fields} (func $culprit (local $i i32) ${body})`,
    reset: `(if (i32.eqz ${read('RESET', 'FAULT_COUNT')}) (then (call $culprit)))`,
  });
  board.powerOn();
  board.runFor(3000 * millisecond);
  reached.add(faultName(board));
  return { board, records, cause: faultName(board), fault: board.fault };
}

const flashCommand = (operation: number) =>
  write('FLASH', 'COMMAND', (FLASH.registers.COMMAND.fields.KEY.values.KEY << 16) | operation);
const { ERASE_SECTOR } = FLASH.registers.COMMAND.fields.OPERATION.values;
const startWatchdog = (microseconds: number) =>
  write('WATCHDOG', 'TIMEOUT', microseconds) + write('WATCHDOG', 'CONTROL', 1);
const spin = '(loop $forever (br $forever))';
const drop = (expression: string) => `(drop ${expression})`;

describe('a guest faults with cause', () => {
  const table: [cause: keyof typeof FaultCause, when: string, body: string, address: number, fields?: string][] = [
    ['BUDGET', 'it runs for a second with no watchdog started', spin, 0],
    ['UNREACHABLE', 'an assertion fails', '(unreachable)', 0],
    ['MEMORY_BOUNDS', 'it loads from beyond RAM', drop('(i32.load (i32.const 0x20000))'), 0],
    ['DIVIDE_BY_ZERO', 'it divides by zero', drop('(i32.div_u (i32.const 1) (local.get $i))'), 0],
    [
      'INTEGER_OVERFLOW',
      'it negates the least integer by dividing',
      drop('(i32.div_s (i32.const 0x80000000) (i32.sub (local.get $i) (i32.const 1)))'),
      0,
    ],
    [
      'INDIRECT_CALL',
      'it calls an empty table entry',
      '(call_indirect (type $nothing) (i32.const 1))',
      0,
      '(type $nothing (func)) (table 2 funcref)',
    ],
    ['BUS_UNMAPPED', 'it reads where no register is', drop('(call $read32 (i32.const 0x40000ffc))'), 0x4000_0ffc],
    [
      'BUS_UNMAPPED',
      'it writes behind the last peripheral',
      '(call $write32 (i32.const 0x4002f000) (i32.const 0))',
      0x4002_f000,
    ],
    ['BUS_UNMAPPED', 'it reads behind the end of flash', drop('(call $read32 (i32.const 0x200000))'), 0x20_0000],
    ['BUS_MISALIGNED', 'it reads flash at an odd address', drop('(call $read32 (i32.const 0x101))'), 0x101],
    [
      'BUS_MISALIGNED',
      'it writes between two registers',
      '(call $write32 (i32.const 0x40000002) (i32.const 0))',
      0x4000_0002,
    ],
    ['BUS_RESERVED', 'it writes a one to a reserved bit', write('INTC', 'ENABLE', 0x1_0000), at('INTC', 'ENABLE')],
    ['BUS_RESERVED', 'it writes a one to a read-only bit', write('FLASH', 'STATUS', 1), at('FLASH', 'STATUS')],
    ['BUS_RESERVED', 'it writes a wrong key', write('WATCHDOG', 'FEED', 1), at('WATCHDOG', 'FEED')],
    ['BUS_RESERVED', 'it asks for an operation that does not exist', flashCommand(7), at('FLASH', 'COMMAND')],
    ['BUS_ACCESS', 'it writes a read-only register', write('RESET', 'CAUSE', 1), at('RESET', 'CAUSE')],
    ['BUS_ACCESS', 'it reads a write-only register', drop(read('RESET', 'CONTROL')), at('RESET', 'CONTROL')],
    ['BUS_ACCESS', 'it writes to mapped flash', '(call $write32 (i32.const 0x40000) (i32.const 0))', 0x4_0000],
    [
      'BUS_PROTECTED',
      'it erases a protected partition',
      write('FLASH', 'PROTECT', 1) + write('FLASH', 'ADDRESS', 0) + flashCommand(ERASE_SECTOR),
      at('FLASH', 'COMMAND'),
    ],
    ['BUS_STATE', 'it reads a byte nobody sent', drop(read('UART0', 'DATA')), at('UART0', 'DATA')],
    ['WATCHDOG', 'it is busy when the watchdog runs out', startWatchdog(5000) + spin, 0],
    [
      'WATCHDOG',
      'it polls the bus when the watchdog runs out',
      `${startWatchdog(5000)}(loop $forever ${drop(read('UART0', 'STATUS'))} (br $forever))`,
      0,
    ],
    ['SLEEP_FOREVER', 'it waits for a line that nothing can raise', write('INTC', 'WAIT', 2), at('INTC', 'WAIT')],
  ];

  it.each(table)('%s when %s', (cause, _when, body, address, fields) => {
    const result = afterFault(body, fields);
    expect(result.cause).toBe(cause);
    expect(result.fault.address).toBe(address);
    expect(result.fault.functionName).toBe('culprit');
    expect(resetCauses(result.records)).toEqual(['POWER_ON', cause === 'WATCHDOG' ? 'WATCHDOG' : 'FAULT']);
    expect(result.board.state).toBe('bootloader');
  });

  it('IMAGE_REFUSED when the bytes at the hand-over address are not a module', () => {
    const { board, records } = bench({
      reset: `(if (i32.eqz ${read('RESET', 'FAULT_COUNT')}) (then ${handOverTo(new Uint8Array(100))}))`,
    });
    board.powerOn();
    board.runFor(millisecond);
    reached.add(faultName(board));
    expect(board.fault.cause).toBe(FaultCause.IMAGE_REFUSED);
    expect(board.fault.address).toBe(0x4_0000);
    expect(resetCauses(records)).toEqual(['POWER_ON', 'FAULT']);
  });

  it('IMAGE_REFUSED when the module wants more RAM than the chip has', () => {
    const fields = '(memory (export "memory") 3 3)';
    const module = assemble(`(module ${fields} (func (export "reset")) (func (export "interrupt") (param i32)))`);
    const { board } = bench({
      reset: `(if (i32.eqz ${read('RESET', 'FAULT_COUNT')}) (then ${handOverTo(module)}))`,
    });
    const flash = board.flashImage();
    flash.set(module, 0x4_0000);
    board.loadFlash(flash);
    board.powerOn();
    board.runFor(millisecond);
    expect(faultName(board)).toBe('IMAGE_REFUSED');
    expect(board.faultDetail).toContain('the chip has 131072');
  });

  it('IMAGE_REFUSED when the hand-over address is not in flash', () => {
    const { board } = bench({
      reset: `(if (i32.eqz ${read('RESET', 'FAULT_COUNT')}) (then ${handOverTo(new Uint8Array(100), 0x1f_fff0)}))`,
    });
    board.powerOn();
    board.runFor(millisecond);
    expect(faultName(board)).toBe('IMAGE_REFUSED');
    expect(board.faultDetail).toContain('are not in flash');
  });

  it('every cause there is has been reached, but the one the core rules out at load', () => {
    // STACK_OVERFLOW: recursion and deep call paths are refused before the image runs (cpu/call-graph.ts).
    const rest = Object.keys(FaultCause).filter((name) => !reached.has(name));
    expect(rest).toEqual(['NONE', 'STACK_OVERFLOW']);
  });
});

describe('the fault record', () => {
  it('holds the core cycle since reset', () => {
    const { fault, records } = afterFault(spin);
    const start = records.find(({ kind }) => kind === LogKind.BOOT_ROM)?.timeNs ?? 0;
    expect(fault.cycle).toBe((start + activationLimitNs) / 4);
  });

  it('has a watchdog reset at exactly the nanosecond of the deadline, with or without bus accesses', () => {
    for (const body of [spin, `(loop $forever ${drop(read('UART0', 'STATUS'))} (br $forever))`]) {
      const { records } = afterFault(startWatchdog(5000) + body);
      const end = records.find(({ kind, b }) => kind === LogKind.RESET && b === 1)?.timeNs ?? 0;
      const start = records.find(({ kind }) => kind === LogKind.BOOT_ROM)?.timeNs ?? 0;
      expect(end - start - 5 * millisecond).toBeGreaterThan(0);
      expect(end - start - 5 * millisecond).toBeLessThan(200);
    }
  });

  it('survives resets, is counted on, and is forgotten at power-on', () => {
    const { board } = afterFault('(unreachable)');
    board.pullResetPin();
    board.runFor(millisecond);
    expect([faultName(board), board.fault.count]).toEqual(['UNREACHABLE', 1]);
    board.cutPower();
    board.powerOn();
    expect([faultName(board), board.fault.count]).toEqual(['NONE', 0]);
  });

  it('is cleared on request, and the count stays', () => {
    const { board } = bench({
      fields: '(func $culprit (unreachable))',
      reset: `(if (i32.eqz ${read('RESET', 'FAULT_COUNT')}) (then (call $culprit)) (else ${clearFault}))`,
    });
    board.powerOn();
    board.runFor(millisecond);
    expect(board.fault).toEqual({ cause: 0, address: 0, cycle: 0, functionName: '', count: 1 });
  });

  it('keeps the last 48 characters of a long name', () => {
    const name = `start${'x'.repeat(50)}end`;
    const { board } = bench({
      fields: `(func $${name} (unreachable))`,
      reset: `(if (i32.eqz ${read('RESET', 'FAULT_COUNT')}) (then (call $${name})))`,
    });
    board.powerOn();
    board.runFor(millisecond);
    expect(board.fault.functionName).toBe(name.slice(-48));
  });

  it('explains itself in words to the person at the bench', () => {
    const { board } = afterFault(write('FLASH', 'COMMAND', 0));
    expect(board.faultDetail).toMatch(/write of 0x00000000 to FLASH.COMMAND: OPERATION has no value 0 .*ERASE_SECTOR/);
  });
});

describe('a fault in the firmware', () => {
  const firmware: Guest = {
    fields: '(func $task (unreachable))',
    interrupt: '(call $task)',
    reset: `${write('INTC', 'ENABLE', 4)} ${write('UART0', 'INTERRUPT_ENABLE', 2)}`,
  };

  it('brings the bootloader back, which sees why', () => {
    const { board, records } = bench(
      { reset: write('RECORDER', 'ARGUMENT0', read('RESET', 'CAUSE')) + write('RECORDER', 'EVENT', 1) },
      firmware,
    );
    board.powerOn();
    board.runFor(120_000);
    expect(resetCauses(records).slice(0, 2)).toEqual(['POWER_ON', 'FAULT']);
    expect(board.fault.functionName).toBe('task');
  });

  it('that comes back at every boot halts the board in the end, with the record kept', () => {
    const { board } = bench({}, firmware);
    board.powerOn();
    board.runFor(1000 * millisecond);
    expect(board.state).toBe('halted');
    expect(board.haltReason).toContain('never came to rest');
    expect(faultName(board)).toBe('UNREACHABLE');
  });
});
