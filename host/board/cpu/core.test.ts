import { describe, expect, it } from 'vitest';
import { type Bus, Core, type CoreFault, prepareImage, type RunResult } from './cpu.ts';
import { image, RefusedAccess, recordingBus } from './testing/modules.ts';

const coreOf = (bytes: Uint8Array, bus: Bus = recordingBus()) => new Core(prepareImage(bytes), bus);

function faultOf(result: RunResult): CoreFault {
  if (result.outcome !== 'fault') throw new Error('the run returned, but a fault was expected');
  return result.fault;
}

const faultIn = (fields: string, reset: string) => faultOf(coreOf(image(fields, { reset })).run('reset', 0, 1_000_000));

describe('a core runs an image to completion', () => {
  it('and returns the cycles it used', () => {
    const core = coreOf(image('', { reset: '(i32.store (i32.const 0) (i32.const 7))' }));
    expect(core.run('reset', 0, 100)).toEqual({ outcome: 'returned', cyclesUsed: 1 });
    expect(core.memory[0]).toBe(7);
  });

  it('and hands the pending lines to interrupt', () => {
    const core = coreOf(image('', { interrupt: '(i32.store (i32.const 0) (local.get 0))' }));
    core.run('interrupt', 0x8000_0001, 100);
    expect([...core.memory.slice(0, 4)]).toEqual([1, 0, 0, 0x80]);
  });

  it('and keeps its memory and globals from one run to the next', () => {
    const step = '(global.set $n (i32.add (global.get $n) (i32.const 1))) (i32.store (i32.const 0) (global.get $n))';
    const core = coreOf(image('(global $n (mut i32) (i32.const 0))', { interrupt: step }));
    for (let i = 0; i < 3; i++) core.run('interrupt', 1, 100);
    expect(core.memory[0]).toBe(3);
  });

  it('and may use its budget to the last cycle', () => {
    const bytes = image('', { reset: '(drop (i32.mul (i32.load (i32.const 0)) (i32.const 3)))' }); // 2 + 3
    expect(coreOf(bytes).run('reset', 0, 5)).toEqual({ outcome: 'returned', cyclesUsed: 5 });
    expect(coreOf(bytes).run('reset', 0, 4)).toMatchObject({ outcome: 'fault', cyclesUsed: 4 });
  });
});

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

describe('the budget of a running core', () => {
  const fourAccesses = image('', { reset: '(call $write32 (i32.const 0) (i32.const 1))'.repeat(4) });

  it('is told at each access, the access itself included', () => {
    const bus = recordingBus();
    coreOf(fourAccesses, bus).run('reset', 0, 100);
    expect(bus.accesses.map(({ cyclesLeft }) => cyclesLeft)).toEqual([94, 88, 82, 76]);
  });

  it('can be extended and shortened from an access, and cycles used are counted on', () => {
    const left: number[] = [];
    const core: Core = coreOf(fourAccesses, {
      read32: () => 0,
      write32(_address, _value, cyclesLeft) {
        expect(core.cyclesLeft).toBe(cyclesLeft);
        left.push(cyclesLeft);
        core.cyclesLeft = [1000, 20, 500, 7][left.length - 1];
      },
    });
    expect(core.run('reset', 0, 6)).toEqual({ outcome: 'returned', cyclesUsed: 24 });
    expect(left).toEqual([0, 994, 14, 494]);
    expect(core.cyclesLeft).toBe(7);
  });

  it('ends at once when nothing of it is left', () => {
    const core: Core = coreOf(fourAccesses, {
      read32: () => 0,
      write32() {
        core.cyclesLeft = 0;
      },
    });
    expect(faultOf(core.run('reset', 0, 100))).toMatchObject({ cause: 'budget', cyclesUsed: 6 });
  });

  it('is an integer of at most 31 bits, and only a running core has one to change', () => {
    const core = coreOf(fourAccesses);
    for (const budget of [-1, 1.5, 2 ** 31, Number.NaN])
      expect(() => core.run('reset', 0, budget)).toThrow(/no cycle budget/);
    expect(() => {
      core.cyclesLeft = 5;
    }).toThrow(/only a running core/);
  });

  it('is charged for block operations by their length, eight bytes a cycle', () => {
    const used = (length: number) => {
      const core = coreOf(image('', { reset: `(memory.fill (i32.const 0) (i32.const 1) (i32.const ${length}))` }));
      return core.run('reset', 0, 100_000).cyclesUsed;
    };
    expect([0, 1, 8, 9, 65536].map(used)).toEqual([8, 9, 9, 10, 8 + 8192]);
  });
});

describe('the state of a core between runs is its memory and globals', () => {
  const fields = `(global $a (mut i32) (i32.const -5)) (global i32 (i32.const 9)) (global $b (mut i64) (i64.const 0x123456789abcdef0))
    (data (i32.const 4) "seed")`;
  const interrupt = `(global.set $a (i32.add (global.get $a) (local.get 0)))
    (global.set $b (i64.mul (global.get $b) (i64.const 3)))
    (i64.store (i32.const 1024) (global.get $b))`;
  const bytes = image(fields, { interrupt });

  it('globals are saved as words, i64 ones low word first', () => {
    const core = coreOf(bytes);
    expect(core.image.mutableGlobals).toEqual([
      { index: 0, exportName: 'global_0', wide: false, word: 0 },
      { index: 2, exportName: 'global_2', wide: true, word: 1 },
    ]);
    const words = new Uint32Array(5).fill(7);
    core.saveGlobals(words, 1);
    expect([...words]).toEqual([7, 0xffff_fffb, 0x9abc_def0, 0x1234_5678, 7]);
  });

  it('a restored core goes on as the one that was saved', () => {
    const core = coreOf(bytes);
    core.run('interrupt', 3, 1000);
    const [globals, memory] = [new Uint32Array(core.image.globalWords), core.memory.slice()];
    core.saveGlobals(globals);
    core.run('interrupt', 4, 1000);
    const expected = core.memory.slice();
    const other = coreOf(bytes);
    other.memory.set(memory);
    other.restoreGlobals(globals);
    other.run('interrupt', 4, 1000);
    expect(Buffer.compare(other.memory, expected)).toBe(0);
  });

  it('saving and restoring leaves no trace in memory', () => {
    const core = coreOf(bytes);
    core.memory.fill(0x5a);
    const globals = new Uint32Array(core.image.globalWords);
    core.saveGlobals(globals);
    core.restoreGlobals(globals);
    expect(core.memory.every((byte) => byte === 0x5a)).toBe(true);
  });

  it('a restarted core is as new', () => {
    const core = coreOf(bytes);
    const fresh = core.memory.slice();
    core.run('interrupt', 3, 1000);
    core.restart();
    const words = new Uint32Array(3);
    core.saveGlobals(words);
    expect([...words]).toEqual([0xffff_fffb, 0x9abc_def0, 0x1234_5678]);
    expect(Buffer.compare(core.memory, fresh)).toBe(0);
  });

  it('is not to be had while the core runs', () => {
    const core: Core = coreOf(image(fields, { reset: '(drop (call $read32 (i32.const 0)))' }), {
      read32() {
        expect(() => core.saveGlobals(new Uint32Array(3))).toThrow(/running core are not a state/);
        expect(() => core.restoreGlobals(new Uint32Array(3))).toThrow(/running core are not a state/);
        expect(() => core.run('reset', 0, 1)).toThrow(/the core is running/);
        return 0;
      },
      write32: () => {},
    });
    expect(core.run('reset', 0, 100).outcome).toBe('returned');
  });

  it('buffers that are too small are refused', () => {
    expect(() => coreOf(bytes).saveGlobals(new Uint32Array(3), 1)).toThrow(/3 words do not fit 3 from 1 on/);
  });
});

describe('block counters', () => {
  const bytes = image('(func $work (param i32) (if (local.get 0) (then (nop)) (else (nop) (nop))))', {
    interrupt: '(call $work (i32.and (local.get $lines) (i32.const 1)))',
  });

  it('say how often each arm was taken, and where it is', () => {
    const core = new Core(prepareImage(bytes, { countBlocks: true }), recordingBus());
    for (let lines = 0; lines < 5; lines++) core.run('interrupt', lines, 100);
    const counts = core.readBlockCounts();
    const ofWork = (core.image.blocks ?? []).flatMap((block, i) =>
      block.functionName === 'work' ? [[block, counts[i]] as const] : [],
    );
    expect(ofWork.map(([, count]) => count)).toEqual([5, 2, 3]);
    expect(ofWork.map(([{ ranges }]) => bytes[ranges[0]])).toEqual([0x20, 0x01, 0x01]); // local.get, nop, nop
  });

  it('are kept through restarts, and out of sight of the guest', () => {
    const core = new Core(prepareImage(bytes, { countBlocks: true }), recordingBus());
    core.run('interrupt', 1, 100);
    core.restart();
    core.run('interrupt', 1, 100);
    expect(Math.max(...core.readBlockCounts())).toBe(2);
    expect(core.memory.every((byte) => byte === 0)).toBe(true);
    expect(() => coreOf(bytes).readBlockCounts()).toThrow(/without countBlocks/);
  });

  it('are read right when there are thousands', () => {
    const arms = Array.from({ length: 9000 }, (_, i) => `(if (i32.eq (local.get 0) (i32.const ${i})) (then (nop)))`);
    const core = new Core(
      prepareImage(image('', { interrupt: arms.join(' ') }), { countBlocks: true }),
      recordingBus(),
    );
    core.run('interrupt', 8500, 1_000_000);
    const counts = core.readBlockCounts();
    expect(counts.length).toBe(9001);
    expect([counts[0], counts[8500], counts[8501], counts[8502]]).toEqual([1, 0, 1, 0]);
  });
});
