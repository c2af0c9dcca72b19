import { describe, expect, it } from 'vitest';
import type { LoggedBoot } from '../host/tools/smp/boot-group.ts';
import { lastFaultLines } from './commands/bootlog.ts';

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
