import { describe, expect, it } from 'vitest';
import type { LoggedBoot } from '../host/tools/smp/boot-group.ts';
import { lastFaultLines } from './commands/bootlog.ts';
import { runbookOfBoot, runbooksOfStatus } from './runbook/found.ts';

const boot = (number: number, cause?: number): LoggedBoot => ({
  ...{ number, cause: 4, decision: 0, ran: undefined, reasons: [0, 0], resets: 0, securityCounter: 0 },
  fault: cause === undefined ? undefined : { cause, address: 0 },
});
const fault = { count: 2, cause: 15, address: 0, cycle: 99, functionName: 'spin' };
const last = 'last fault: the watchdog ran out while the core was busy in spin, cycle 99';

describe('the boot log', () => {
  it('has nothing to add where there was no fault since power-on', () => {
    expect(lastFaultLines({ ...fault, count: 0 }, [boot(1)])).toEqual([]);
  });

  it('names where the last fault was', () => {
    expect(lastFaultLines(fault, [boot(1), boot(2, 15)])).toEqual([last]);
  });

  it('says that it has no more than the cause of older faults', () => {
    const lines = lastFaultLines(fault, [boot(1, 3), boot(2, 15)]);
    expect(lines).toEqual([last, 'details are kept for the last fault only; of older ones the log has the cause']);
  });
});

describe('the page about', () => {
  const log = (changes: Partial<LoggedBoot>[]) =>
    changes.map((change, place) => ({ ...boot(place + 1), cause: 1, decision: 1, ...change }));

  it.each<[string, Partial<LoggedBoot>[], string | undefined]>([
    ['a boot as it should be', [{}], undefined],
    ['a fault is that of its cause', [{}, { cause: 5, fault: { cause: 15, address: 0 } }], 'watchdog'],
    ['a refusal is that of its reason', [{}, { cause: 3, decision: 5, reasons: [0, 38] }], 'power-budget'],
    ['a refusal is not shown again at the next boot', [{ reasons: [0, 38] }, { reasons: [0, 38] }], undefined],
    ['an empty slot is none', [{}, { reasons: [0, 1] }], undefined],
    ['safe mode is that of its decision', [{}, { cause: 3, decision: 9 }], 'safe-mode'],
  ])('%s', (_, changes, page) => {
    const boots = log(changes);
    expect(runbookOfBoot(boots[boots.length - 1], boots)).toBe(page);
  });

  it('a device begins with the interlock that has tripped', () => {
    const quiet = { health: 0, tripped: 0, boot: undefined, fault: undefined, slots: undefined };
    expect(runbooksOfStatus(quiet)).toEqual([]);
    expect(runbooksOfStatus({ ...quiet, health: (1 << 9) | (1 << 8), tripped: 1 << 10 })).toEqual([
      ...['blind', 'interlock', 'thermometer'],
    ]);
    const refused = { a_reason: 0, a_found: 0, b_reason: 33, b_found: 0 };
    expect(runbooksOfStatus({ ...quiet, boot: { reset_cause: 4, decision: 5 }, slots: refused })).toEqual([
      ...['watchdog', 'trial-failed'],
    ]);
  });
});
