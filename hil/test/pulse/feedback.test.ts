// Feedback between sequencers: the trigger network's latency, active reset, and what happens when triggers get in each other's way.

import { describe, expect, test } from 'vitest';
import { SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { type PulseProgram, runOn, runPulse } from '../../rig/pulse/run.ts';
import { measuring, program, resetting, responses, sequence } from './programs.ts';

const gridNs = 28;
const latencyNs = 212;
const spacingNs = 252;

/** Sends one trigger from an acquisition of 100 ns that begins `delayNs` after wait_sync. */
function sender(delayNs: number, address = 1, again = ''): PulseProgram {
  const text = `wait_sync 100\nwait ${delayNs}\nacquire 0,0,200\n${again}\nstop`;
  return sequence(`sends-${address}`, text, [
    ['INTEGRATION_LENGTH', 100],
    ['TRIGGER_ENABLE', 1],
    ['TRIGGER_ADDRESS', address],
    ...responses([1]),
  ]);
}

function waiter(address = 1): PulseProgram {
  return program(`waits-${address}`, `wait_sync 100\nwait_trigger ${address},20\nupd_param 4\nstop`);
}

async function triggersOf(programs: PulseProgram[]) {
  const { sequencers } = await runPulse(programs);
  return sequencers.map(({ seen, flags, originNs }) => ({
    flags,
    triggers: seen?.triggers.map(({ timeNs, ...rest }) => ({ timeNs: timeNs - originNs, ...rest })) ?? [],
  }));
}

describe('a trigger', () => {
  test('is sent on the grid that wait_sync began, and heard by every sequencer 212 ns later', async () => {
    for (const delayNs of [4, 28, 40, 44, 100]) {
      const [sends, first, second] = (await runPulse([sender(delayNs), waiter(), waiter()])).sequencers;
      const [trigger] = sends.seen?.triggers ?? [];
      // The grid begins when all have arrived, which is 100 ns before the end of this wait_sync.
      const sinceGrid = trigger.timeNs - (sends.originNs - 100);
      expect(sinceGrid % gridNs).toBe(0);
      expect(trigger.timeNs - trigger.waitedNs - sends.originNs).toBe(delayNs + 100);
      expect(trigger.waitedNs).toBeLessThan(gridNs);
      // upd_param, the instruction after wait_trigger 1,20, comes 20 ns after the trigger was heard.
      for (const { seen } of [first, second]) expect((seen?.firstNs[2] ?? 0) - 20).toBe(trigger.timeNs + latencyNs);
    }
  });

  test('is counted only while the counters are enabled, and at or after its arrival', async () => {
    const listens = (enableNs: number, lookNs: number) =>
      program(
        'listens',
        `wait_sync 100\nwait ${enableNs}\nset_latch_en 1,${lookNs}\nset_cond 1,1,0,8\nupd_param 4\nstop`,
        [['COUNT_THRESHOLD', 1, 0]],
      );
    const skipped = async (enableNs: number, lookNs: number) => {
      const { sequencers } = await runPulse([sender(4), listens(enableNs, lookNs)]);
      return sequencers[1].seen?.skipped[4];
    };
    // Sent 104 ns after wait_sync's end, on the grid at 208 - 100 + 16 = 124, heard at 336.
    const heardNs = 336;
    expect(await skipped(4, heardNs - 4 - 4)).toBe(1);
    expect(await skipped(4, heardNs - 4)).toBe(0);
    expect(await skipped(heardNs + 4, 100)).toBe(1);
  });

  test('of two that ask while the network is busy: the second is lost, and its sequencer is flagged', async () => {
    const [first, second] = await triggersOf([sender(4, 1), sender(spacingNs - 40, 2)]);
    expect(first.flags).not.toContain('TRIGGER_NETWORK_CONFLICT');
    expect(second.flags).toContain('TRIGGER_NETWORK_CONFLICT');
    expect(second.triggers).toMatchObject([{ lost: 'conflict', address: 2 }]);
  });

  test('at the same grid point goes to the lower sequencer', async () => {
    const both = await triggersOf([sender(40, 3), sender(44, 4)]);
    expect(both.map(({ triggers }) => triggers[0].lost)).toEqual(['no', 'conflict']);
    expect(both[0].triggers[0].timeNs).toBe(both[1].triggers[0].timeNs);
  });

  test('of one sequencer that comes too soon after its own is missed, and one 252 ns later is not', async () => {
    const [soon] = await triggersOf([sender(4, 1, 'acquire 0,1,200')]);
    expect(soon.flags).toContain('TRIGGER_NETWORK_MISSED_INTERNAL_TRIGGER');
    expect(soon.triggers.map(({ lost }) => lost)).toEqual(['no', 'missed']);
    const [later] = await triggersOf([sender(4, 1, 'wait 52\nacquire 0,1,200')]);
    expect(later.triggers.map(({ lost }) => lost)).toEqual(['no', 'no']);
    expect(later.triggers[1].timeNs - later.triggers[0].timeNs).toBe(spacingNs);
  });
});

describe('active reset over two sequencers', () => {
  test('plays the pulse in the rounds the qubit was in 1, and waits in the others', async () => {
    const states = [1, 0, 0, 1, 1, 0, 1];
    const { sequencers } = await runPulse([measuring(states), resetting(states.length)]);
    const [measures, resets] = sequencers;
    expect(measures.flags).toEqual(['ACQ_BINNING_DONE']);
    expect(measures.bins(0).map(({ thresholdCount }) => thresholdCount)).toEqual([
      ...states,
      ...Array(16 - states.length).fill(0),
    ]);
    const played: number[] = [];
    const { seen } = resets;
    for (let round = 0; round < states.length; round++) {
      const startNs = resets.originNs + 4 + round * 2000 + 696;
      const level = seen?.outputs.render(startNs, startNs + 40, () => new Int32Array(100).fill(16384)).path0[0] ?? 0;
      played.push(level > 0 ? 1 : 0);
    }
    expect(played).toEqual(states);
    expect(resets.endNs - resets.originNs).toBe(4 + states.length * 2000);
  });

  test('comes out the same in a second run on the same sequencers', async () => {
    const module = new SequencerModule(await sequencerModule());
    const programs = [measuring([1, 0, 1]), resetting(3)];
    const [first, second] = [1, 2].map(() => {
      const { sequencers } = runOn(module, programs);
      return sequencers.map(({ seen, originNs, instructionsExecuted }) => [
        instructionsExecuted,
        seen?.triggers.map(({ timeNs }) => timeNs - originNs),
        [...(seen?.skipped ?? [])],
      ]);
    });
    expect(second).toEqual(first);
  });

  test('the condition is judged before every instruction: a trigger that lands in the middle of a block counts from there', async () => {
    const block = program(
      'block',
      `wait_sync 100\nset_latch_en 1,4\nset_cond 1,1,0,100\n${'upd_param 100\n'.repeat(6)}set_cond 0,0,0,4\nupd_param 4\nstop`,
      [['COUNT_THRESHOLD', 1, 0]],
    );
    const { sequencers } = await runPulse([sender(4), block]);
    const skipped = [3, 4, 5, 6, 7, 8].map((index) => sequencers[1].seen?.skipped[index]);
    // Heard 336 ns after wait_sync; the instructions of the block come at 4, 104, 204, 304, 404 and 504.
    expect(skipped).toEqual([1, 1, 1, 1, 0, 0]);
  });
});

describe('sequencers that wait for each other', () => {
  test('in vain are named: a wait_sync that one of them never reaches', async () => {
    const { deadlock, sequencers } = await runPulse([waiter(), program('leaves', 'nop\nstop'), waiter()]);
    expect(deadlock).toEqual({ waiting: [0, 2], missing: [1], waitingForTrigger: [] });
    expect(sequencers[0].flags).toEqual(['SYNC_DEADLOCK']);
    expect(sequencers[0].state).toBe('RUNNING');
  });

  test('for a trigger nobody sends are named', async () => {
    const { deadlock } = await runPulse([waiter(3), sender(4, 1)]);
    expect(deadlock).toEqual({ waiting: [], missing: [], waitingForTrigger: [0] });
  });

  test('two may wait for triggers of each other in turn', async () => {
    const play = (own: number, other: number, starts: boolean) => {
      const send = 'acquire 0,0,300';
      const wait = `wait_trigger ${other},100`;
      const turns = (starts ? [send, wait, send, wait] : [wait, send, wait, send]).join('\n');
      return sequence(`ball-${own}`, `wait_sync 100\nupd_param 40\n${turns}\nupd_param 4\nstop`, [
        ['INTEGRATION_LENGTH', 100],
        ['TRIGGER_ENABLE', 1],
        ['TRIGGER_ADDRESS', own],
        ...responses([1]),
      ]);
    };
    const { deadlock, sequencers } = await runPulse([play(1, 2, true), play(2, 1, false)]);
    expect(deadlock).toBeUndefined();
    expect(sequencers.flatMap(({ seen }) => seen?.triggers ?? []).map(({ lost }) => lost)).toEqual(Array(4).fill('no'));
  });
});
