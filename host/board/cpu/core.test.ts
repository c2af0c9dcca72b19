import { describe, expect, it } from 'vitest';
import { type Bus, Core, prepareImage } from './cpu.ts';
import { image, recordingBus } from './testing/modules.ts';

const coreOf = (bytes: Uint8Array, bus: Bus = recordingBus()) => new Core(prepareImage(bytes), bus);

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
        core.grant([1000, 20, 500, 7][left.length - 1], cyclesLeft);
      },
    });
    expect(core.run('reset', 0, 6)).toEqual({ outcome: 'returned', cyclesUsed: 24 });
    expect(left).toEqual([0, 994, 14, 494]);
    expect(core.cyclesLeft).toBe(7);
  });

  it('is counted on within a loop from what an access made of it', () => {
    const feedForever = '(loop $l (call $write32 (i32.const 0) (i32.const 1)) (br $l))'; // 6 + 2 an iteration
    const left: number[] = [];
    const core: Core = coreOf(image('', { reset: feedForever }), {
      read32: () => 0,
      write32(_address, _value, cyclesLeft) {
        left.push(cyclesLeft);
        if (left.length < 4) core.grant(100, cyclesLeft);
      },
    });
    // Three accesses granted 100 anew, the first after 6 cycles, the others after 8 more each.
    expect(core.run('reset', 0, 50)).toMatchObject({ outcome: 'fault', cyclesUsed: 6 + 8 + 8 + 100 });
    expect(left.slice(0, 5)).toEqual([44, 92, 92, 92, 84]);
  });

  it('ends at once when nothing of it is left', () => {
    const core: Core = coreOf(fourAccesses, {
      read32: () => 0,
      write32(_address, _value, cyclesLeft) {
        core.grant(0, cyclesLeft);
      },
    });
    expect(core.run('reset', 0, 100)).toMatchObject({ outcome: 'fault', cyclesUsed: 6, fault: { cause: 'budget' } });
  });

  it('is an integer of at most 31 bits, and only a running core has one to change', () => {
    const core = coreOf(fourAccesses);
    for (const budget of [-1, 1.5, 2 ** 31, Number.NaN])
      expect(() => core.run('reset', 0, budget)).toThrow(/no cycle budget/);
    expect(() => core.grant(5, 0)).toThrow(/only a running core/);
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
