import { describe, expect, it } from 'vitest';
import { Core, type CoreFault, prepareImage } from './cpu.ts';
import { image, RefusedAccess, recordingBus } from './testing/modules.ts';

function faultIn(fields: string, reset: string, budget = 1_000_000): CoreFault {
  const core = new Core(prepareImage(image(fields, { reset })), recordingBus());
  const result = core.run('reset', 0, budget);
  if (result.outcome !== 'fault') throw new Error('the run returned, but a fault was expected');
  return result.fault;
}

describe('a core runs an image to completion', () => {
  it('returns the cycles it used', () => {
    const core = new Core(
      prepareImage(image('', { reset: '(i32.store (i32.const 0) (i32.const 7))' })),
      recordingBus(),
    );
    expect(core.run('reset', 0, 100)).toEqual({ outcome: 'returned', cyclesUsed: 1 });
    expect(core.memory[0]).toBe(7);
  });

  it('hands the pending lines to interrupt', () => {
    const core = new Core(
      prepareImage(image('', { interrupt: '(i32.store (i32.const 0) (local.get 0))' })),
      recordingBus(),
    );
    core.run('interrupt', 0x8000_0001, 100);
    expect([...core.memory.slice(0, 4)]).toEqual([1, 0, 0, 0x80]);
  });
});

describe('a fault names its cause', () => {
  const hole =
    '(table 2 funcref) (type $t (func)) (type $u (func (param i32))) (elem (i32.const 0) $f) (func $f (type $u))';
  it.each([
    ['budget', '', '(loop $l (br $l))'],
    ['unreachable', '', '(unreachable)'],
    ['memory-out-of-bounds', '', '(drop (i32.load (i32.const -4)))'],
    ['memory-out-of-bounds', '', '(memory.fill (i32.const 0) (i32.const 0) (i32.const -1))'],
    ['divide-by-zero', '', '(drop (i32.div_u (i32.const 1) (i32.load (i32.const 0))))'],
    ['divide-by-zero', '', '(drop (i64.rem_s (i64.const 1) (i64.load (i32.const 0))))'],
    [
      'integer-overflow',
      '',
      '(drop (i32.div_s (i32.const 0x80000000) (i32.sub (i32.load (i32.const 0)) (i32.const 1))))',
    ],
    ['indirect-call', hole, '(call_indirect (type $t) (i32.const 0))'],
    ['indirect-call', hole, '(call_indirect (type $t) (i32.const 1))'],
    ['indirect-call', hole, '(call_indirect (type $t) (i32.const 9))'],
  ])('%s (%s %s)', (cause, fields, reset) => {
    const fault = faultIn(fields, reset);
    expect(fault.cause).toBe(cause);
    expect(fault.functionName).toBe('reset');
    expect(fault.functionIndex).toBeGreaterThanOrEqual(2);
    expect(fault.offset).toBeGreaterThan(8);
  });

  it('bus, when the board refuses an access', () => {
    const core = new Core(
      prepareImage(
        image('(func $poke (call $write32 (i32.const 0x40000001) (i32.const 1)))', { reset: '(call $poke)' }),
      ),
      {
        read32: () => 0,
        write32(address) {
          throw new RefusedAccess(9, address, 'no multiple of 4');
        },
      },
    );
    const result = core.run('reset', 0, 1000);
    expect(result).toMatchObject({
      outcome: 'fault',
      fault: {
        cause: 'bus',
        busCause: 9,
        address: 0x4000_0001,
        functionName: 'poke',
        detail: 'no multiple of 4',
      },
    });
  });
});
