import { describe, expect, it } from 'vitest';
import { Core, prepareImage } from './cpu.ts';
import { image, recordingBus } from './testing/modules.ts';

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
    expect(() => new Core(prepareImage(bytes), recordingBus()).readBlockCounts()).toThrow(/without countBlocks/);
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
