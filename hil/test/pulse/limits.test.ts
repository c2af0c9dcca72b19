import { describe, expect, test } from 'vitest';
import { assembleSequence } from '../../../host/tools/q1/index.ts';
import { runPulse } from '../../rig/pulse/run.ts';

const program = (name: string, ...lines: string[]) => assembleSequence(lines.join('\n'), name);
const endless = () => program('endless', 'a: set_mrk 1', 'upd_param 100', 'set_mrk 0', 'upd_param 100', 'jmp @a');
const short = () => program('short', 'upd_param 100', 'stop');

describe('a run', () => {
  test('stops each sequencer at its own limit of instructions, exactly', async () => {
    const { sequencers, cutShort } = await runPulse([endless(), short()], { budget: 1001 });
    expect(cutShort).toBe(true);
    expect(sequencers.map(({ instructionsExecuted }) => instructionsExecuted)).toEqual([1001, 1]);
    expect(sequencers.map(({ flags }) => flags.includes('FORCED_STOP'))).toEqual([true, false]);
  });

  test('stops at a time', async () => {
    const { sequencers, cutShort } = await runPulse([endless()], { untilNs: 1_000_000 });
    expect(cutShort).toBe(true);
    // What is queued when the classic core stops is finished.
    expect(sequencers[0].endNs).toBeGreaterThanOrEqual(1_000_000 - 100);
    expect(sequencers[0].endNs).toBeLessThan(1_010_000);
  });

  test('keeps as many records as asked for, and says from when on they are missing', async () => {
    const [{ records }] = (await runPulse([endless()], { budget: 1000, keep: 50 })).sequencers;
    expect(records.view().length).toBe(50);
    const view = records.view();
    view.at = 49;
    expect(records.cutNs).toBeGreaterThan(view.timeNs);
  });

  test('follows outputs no further than asked for, and counts to the end all the same', async () => {
    const [{ seen, originNs }] = (await runPulse([endless()], { budget: 100_000, outputsToNs: 1000 })).sequencers;
    expect(seen?.outputs.markerChanges(0).map((timeNs) => timeNs - originNs)).toEqual([
      ...[0, 100, 200, 300, 400, 500, 600, 700, 800, 900],
    ]);
    expect(seen?.executed).toBeGreaterThan(30_000);
  });

  test('takes the same room, however long it goes on', async () => {
    const room = async (budget: number) => {
      const [{ seen, records }] = (await runPulse([endless()], { budget, outputsToNs: 1000 })).sequencers;
      return [seen?.markers.length, seen?.outputs.changes, records.view().length];
    };
    expect(await room(10_000_000)).toEqual([100_000, 10, 0]);
    expect(await room(300_000)).toEqual([100_000, 10, 0]);
  });
});
