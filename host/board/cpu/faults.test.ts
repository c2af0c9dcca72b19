import { describe, expect, it } from 'vitest';
import { type Bus, Core, type CoreFault, prepareImage, type RunResult } from './cpu.ts';
import { image, RefusedAccess, recordingBus } from './testing/modules.ts';

const coreOf = (bytes: Uint8Array, bus: Bus = recordingBus()) => new Core(prepareImage(bytes), bus);

function faultOf(result: RunResult): CoreFault {
  if (result.outcome !== 'fault') throw new Error('the run returned, but a fault was expected');
  return result.fault;
}

const faultIn = (fields: string, reset: string) => faultOf(coreOf(image(fields, { reset })).run('reset', 0, 1_000_000));

describe('a fault names its cause and its place', () => {
  const hole =
    '(table 2 funcref) (type $t (func)) (type $u (func (param i32))) (elem (i32.const 0) $f) (func $f (type $u))';
  const least = '(i32.const 0x80000000)';
  const minusOne = '(i32.sub (i32.load (i32.const 0)) (i32.const 1))';
  it.each([
    ['budget', '', '(loop $l (br $l))'],
    ['budget', '', '(loop $l (br_if $l (i32.eqz (i32.load (i32.const 0)))))'],
    ['unreachable', '', '(unreachable)'],
    ['memory-out-of-bounds', '', '(drop (i32.load (i32.const -4)))'],
    ['memory-out-of-bounds', '', '(i64.store (i32.const 65529) (i64.const 0))'],
    ['memory-out-of-bounds', '', '(memory.fill (i32.const 0) (i32.const 0) (i32.const -1))'],
    ['memory-out-of-bounds', '', '(memory.copy (i32.const 65535) (i32.const 0) (i32.const 2))'],
    ['divide-by-zero', '', '(drop (i32.div_u (i32.const 1) (i32.load (i32.const 0))))'],
    ['divide-by-zero', '', '(drop (i64.rem_s (i64.const 1) (i64.load (i32.const 0))))'],
    ['integer-overflow', '', `(drop (i32.div_s ${least} ${minusOne}))`],
    ['indirect-call', hole, '(call_indirect (type $t) (i32.const 0))'],
    ['indirect-call', hole, '(call_indirect (type $t) (i32.const 1))'],
    ['indirect-call', hole, '(call_indirect (type $t) (i32.const 9))'],
  ])('%s (%s %s)', (cause, fields, reset) => {
    const fault = faultIn(fields, reset);
    expect(fault).toMatchObject({ cause, address: 0, busCause: undefined, functionName: 'reset' });
    expect(fault.offset).toBeGreaterThan(8);
  });

  it('bus, with the address and the reason the board gives', () => {
    const core = coreOf(
      image('(func $poke (call $write32 (i32.const 0x80000001) (i32.const 1)))', { reset: '(call $poke)' }),
      {
        read32: () => 0,
        write32(address) {
          throw new RefusedAccess(9, address, 'no multiple of 4');
        },
      },
    );
    expect(faultOf(core.run('reset', 0, 1000))).toMatchObject({
      cause: 'bus',
      busCause: 9,
      address: 0x8000_0001,
      functionName: 'poke',
      detail: 'no multiple of 4',
      cyclesUsed: 10, // call 4, access 6
    });
  });

  it('stack-overflow, when the host has less stack left than the image was promised', () => {
    const deep = Array.from(
      { length: 15 },
      (_, i) => `(func $deep${i} (local${' i64'.repeat(1000)}) (call $${i < 14 ? `deep${i + 1}` : 'last'}))`,
    );
    const core = coreOf(
      image(`${deep.join(' ')} (func $last (call $write32 (i32.const 0) (i32.const 0)))`, { reset: '(call $deep0)' }),
    );
    let fault: CoreFault | undefined;
    // From the host's last frame outwards: at first not even run() has room, then run() has, but the guest has not.
    const tryFromTheBottom = (): void => {
      try {
        tryFromTheBottom();
      } catch {}
      if (fault) return;
      try {
        core.restart();
        const result = core.run('reset', 0, 1000);
        if (result.outcome === 'fault') fault = result.fault;
      } catch {}
    };
    tryFromTheBottom();
    expect(fault?.cause).toBe('stack-overflow');
    expect(fault?.functionName).toMatch(/^deep\d+$/);
    core.restart();
    expect(core.run('reset', 0, 1000).outcome).toBe('returned');
  });

  it('the innermost function and its very instruction', () => {
    const bytes = image('(func $inner (drop (i32.div_u (i32.const 1) (i32.load (i32.const 0)))))', {
      reset: '(if (i32.eqz (i32.load (i32.const 8))) (then (call $inner)))',
    });
    const fault = faultOf(coreOf(bytes).run('reset', 0, 1000));
    expect(fault.functionName).toBe('inner');
    expect(bytes[fault.offset]).toBe(0x6e); // i32.div_u
  });

  it('the head of the block that was one too many, with all granted cycles', () => {
    const bytes = image('', { reset: '(loop $l (drop (i32.const 5)) (br $l))' });
    const fault = faultOf(coreOf(bytes).run('reset', 0, 12_345));
    expect(fault).toMatchObject({ cause: 'budget', cyclesUsed: 12_345, detail: 'the cycle budget is used up' });
    expect([...bytes.subarray(fault.offset, fault.offset + 2)]).toEqual([0x41, 5]);
  });

  it('alike whatever the host has set Error.stackTraceLimit or prepareStackTrace to', () => {
    const { stackTraceLimit, prepareStackTrace } = Error;
    const core = coreOf(image('', { reset: '(unreachable)' }));
    const expected = faultOf(core.run('reset', 0, 10));
    try {
      for (const limit of [0, 1, 1000]) {
        Error.stackTraceLimit = limit;
        Error.prepareStackTrace = () => 'nothing to see here';
        core.restart();
        expect(faultOf(core.run('reset', 0, 10))).toEqual(expected);
        expect(Error.stackTraceLimit).toBe(limit);
      }
    } finally {
      Object.assign(Error, { stackTraceLimit, prepareStackTrace });
    }
    expect(expected.functionName).toBe('reset');
  });

  it('alike before and after the engine has optimised the code', () => {
    const bytes = image('', {
      interrupt: `(local $i i32) (loop $l
        (i32.store (i32.shl (local.get $i) (i32.const 2)) (local.get $i))
        (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $lines))))`,
    });
    const core = coreOf(bytes);
    const fall = () => {
      core.restart();
      return faultOf(core.run('interrupt', 20_000, 10_000_000));
    };
    const first = fall();
    core.restart();
    for (let i = 0; i < 300; i++) core.run('interrupt', 16_000, 10_000_000);
    expect(fall()).toEqual(first);
    expect(first).toMatchObject({ cause: 'memory-out-of-bounds', cyclesUsed: 16_385 * 6 });
  });
});

describe('exceptions that are not the guest’s come through', () => {
  const poke = image('', { reset: '(call $write32 (i32.const 16) (i32.const 1))' });

  it.each([
    ['a power cut, which is no Error', { powerCut: true }],
    ['a defect of a device model', new TypeError('undefined is not a function')],
    ['an overflow of the host’s own stack', new RangeError('Maximum call stack size exceeded')],
  ])('%s', (_, thrown) => {
    const core = coreOf(poke, {
      read32: () => 0,
      write32() {
        throw thrown;
      },
    });
    expect(() => core.run('reset', 0, 1000)).toThrow();
    core.restart();
    try {
      core.run('reset', 0, 1000);
    } catch (error) {
      expect(error).toBe(thrown);
    }
    expect(core.cyclesLeft).toBe(1000 - 6);
    expect(core.cyclesUsed).toBe(6);
  });

  it('and the core does not run again before a state is put in place', () => {
    const core = coreOf(image('', { reset: '(unreachable)' }));
    core.run('reset', 0, 10);
    expect(() => core.run('interrupt', 0, 10)).toThrow(/the core is broken; .*restart/);
    core.restart();
    expect(core.run('interrupt', 0, 10).outcome).toBe('returned');
  });
});
