// What no document says and a parameter or a flag of ours does: what a later wait_sync takes, and windows of acquire_ttl that do not match.

import { describe, expect, test } from 'vitest';
import { profiles } from '../../../protocol/q1/profiles.ts';
import { runPulse, type Setting } from '../../rig/pulse/run.ts';
import { program, responses, sequence } from './programs.ts';

describe('wait_sync', () => {
  const syncs = (count: number, settings: Setting[] = []) =>
    program(`${count} syncs`, `${'wait_sync 4\n'.repeat(count)}upd_param 100\nstop`, settings);
  const endOf = async (count: number, settings?: Setting[]) =>
    (await runPulse([syncs(count, settings)])).sequencers[0].endNs;

  test('costs what the profile says at the first, and at each later one', async () => {
    const { headStartSteps, syncCreditSteps, syncAgainSteps } = profiles['qblox-qrm'];
    // One step brings the first instruction into the queue.
    const first = (1 + headStartSteps + syncCreditSteps) * 4 + 4;
    expect(await endOf(1)).toBe(first + 100);
    expect(await endOf(3)).toBe(first + 2 * (syncAgainSteps * 4 + 4) + 100);
  });

  test('takes another time when it is set: none for later ones leaves their durations', async () => {
    expect((await endOf(3, [['SYNC_AGAIN', 0]])) - (await endOf(1))).toBe(2 * 4);
    expect((await endOf(1, [['SYNC_AGAIN', 0]])) - (await endOf(1))).toBe(0);
    expect((await endOf(1)) - (await endOf(1, [['SYNC_CREDIT', 0]]))).toBe(200);
  });

  test('counts for each sequencer, and begins anew when it is armed', async () => {
    const both = await runPulse([syncs(2), syncs(2)]);
    expect(both.sequencers.map(({ endNs }) => endNs)).toEqual(Array(2).fill(await endOf(2)));
  });
});

describe('acquire_ttl', () => {
  const flagsOf = async (...lines: string[]) => {
    const text = ['wait_sync 100', ...lines, 'upd_param 4', 'stop'].join('\n');
    const [{ flags, bins }] = (await runPulse([sequence('ttl', text, responses([0.0001]))])).sequencers;
    return { flags: flags.filter((flag) => flag !== 'ACQ_BINNING_DONE'), count: bins(0)[2].count };
  };

  test('that opens and closes a window is not flagged', async () => {
    expect(await flagsOf('acquire_ttl 0,2,1,1000', 'acquire_ttl 0,2,0,400')).toEqual({ flags: [], count: 1 });
  });

  test('that opens a window twice, or closes one that is not open, is flagged', async () => {
    const twice = await flagsOf('acquire_ttl 0,1,1,1000', 'acquire_ttl 0,2,1,1000', 'acquire_ttl 0,2,0,400');
    expect(twice).toEqual({ flags: ['ACQ_TTL_WINDOW'], count: 1 });
    expect((await flagsOf('acquire_ttl 0,2,0,400')).flags).toEqual(['ACQ_TTL_WINDOW']);
  });
});

test.each([3, 65_536, 2 ** 31])(
  'a wait of %i ns out of a register is flagged under the name of the driver',
  async (ns) => {
    const [{ flags }] = (await runPulse([program('wait', `wait_sync 100\nmove ${ns},R0\nnop\nwait R0\nstop`)]))
      .sequencers;
    expect(flags).toEqual(['SEQUENCE_PROCESSOR_RT_EXEC_ILLEGAL_INSTRUCTION']);
  },
);
