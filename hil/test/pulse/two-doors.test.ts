// One implementation, used in two ways: a program that goes through SMP into a running board does exactly what it does without a chip.

import { beforeAll, describe, expect, test } from 'vitest';
import { SequencerModule } from '../../../host/board/sequencer/sequencer-module.ts';
import { sequencerModule } from '../../../host/tools/sequencer.ts';
import { sequencerBins } from '../../../host/tools/smp/sequencer.ts';
import { SequencerRecord } from '../../../protocol/q1/records.ts';
import { PulseDevice } from '../../rig/pulse/pulse-device.ts';
import { loadProgram, type PulseProgram } from '../../rig/pulse/run.ts';
import { allKinds, PlainRecords } from './plain-records.ts';
import { measuring, resetting, sequence } from './programs.ts';

const everything = `
      set_freq 400000000
      set_mrk 5
      wait_sync 100
      reset_ph
      play 0,1,60
      set_awg_gain 20000,-20000
      set_awg_offs 100,-100
      set_ph 250000000
      play 1,0,40
      set_ph_delta 125000000
      upd_param 40
      acquire 0,0,400
      acquire_weighed 0,1,0,1,400
      set_mrk 0
      upd_param 100
      stop`;

const cases: [name: string, programs: PulseProgram[]][] = [
  ['every kind of output', [sequence('everything', everything, [['INTEGRATION_LENGTH', 120]])]],
  ['active reset over two sequencers', [measuring([1, 0, 1, 1]), resetting(4)]],
];

let device: PulseDevice;

beforeAll(async () => {
  device = await PulseDevice.running();
});

describe('a program through SMP', () => {
  test.each(cases)('does what it does without a chip: %s', async (_name, programs) => {
    const module = new SequencerModule(await sequencerModule());
    const alone = new PlainRecords();
    for (const [core, program] of programs.entries()) loadProgram(module, core, program);
    module.listen(allKinds, alone.sink);
    const mask = 2 ** programs.length - 1;
    module.arm(mask);
    module.start(mask);
    module.run();

    let startNs = -1;
    const onBoard = new PlainRecords(() => startNs);
    await device.load(programs);
    device.board.sequencers.listener = {
      kinds: allKinds,
      sink: (words, count) => {
        // The first record is of the first real-time instruction; without a chip that is the first as well.
        if (startNs < 0) startNs = (words[2] >>> 0) + words[3] * 2 ** 32 - alone.first.timeNs;
        onBoard.sink(words, count);
      },
    };
    await device.start(programs);
    const states = await device.finish(programs);

    expect(onBoard.list.filter(({ kind }) => kind !== SequencerRecord.STOPPED)).toEqual(
      alone.list.filter(({ kind }) => kind !== SequencerRecord.STOPPED),
    );
    expect(states.map(({ executed, flags }) => [executed, flags])).toEqual(
      programs.map((_, core) => [module.instructionsExecuted(core), module.figure(core, 'FLAGS')]),
    );
    for (const core of programs.keys())
      expect(await sequencerBins(device.client, core, 0)).toEqual(module.bins(core, 0));
  });
});
