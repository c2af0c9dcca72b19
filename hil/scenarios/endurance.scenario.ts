// What wears a controller down: heat that comes and goes, clients that never stop asking, and time. `--effort` makes each longer.

import { beats, coldEnough, event, healthy, not, playGameDay, roundText, scenario, within } from '../index.ts';

scenario(
  'thermal stress: the plate is heated and left to cool again and again, and nothing trips',
  { fridge: 'uts' },
  async (rig) => {
    const before = rig.kelvin('4K');
    for (let cycle = 0; cycle < 5 * rig.effort && cycle < 15; cycle++) {
      rig.fault('thermal-rise at 4K 40mW for 20s');
      await rig.stays(coldEnough('4K'), '20 s');
      rig.measure('swing', (rig.kelvin('4K') - before) * 1000, { unit: 'mK', atLeast: 40, atMost: 100 });
      await rig.wait('40 s');
    }
    rig.measure('left over', Math.abs(rig.kelvin('4K') - before) * 1000, { unit: 'mK', atMost: 5 });
    await rig.check(not(event('INTERLOCK_TRIPPED')), not(event('SENSOR_LOST')));
  },
);

scenario(
  'load: clients that ask without a pause make no task late and no load shed',
  { fridge: 'uts' },
  async (rig) => {
    for (let turn = 0; turn < 1000 * rig.effort; turn++) {
      rig.device.sendTraffic();
      await rig.wait('10 ms');
    }
    await rig.check(not(event('DEADLINE_MISSED')), not(event('LOAD_SHED')));
    await rig.wait('5 s');
    await rig.check(healthy());
  },
);

scenario(
  'soak: ten quiet minutes, or as often as --effort says, and memory stays flat',
  { fridge: 'uts' },
  async (rig) => {
    await rig.wait('10 min');
    const before = process.memoryUsage().heapUsed;
    for (let more = 1; more < rig.effort; more++) await rig.wait('10 min');
    rig.measure('memory grew by', (process.memoryUsage().heapUsed - before) / 2 ** 20, { unit: 'MiB', atMost: 100 });
    await rig.check(not(event('INTERLOCK_TRIPPED')), not(event('DEADLINE_MISSED')), healthy());
    await rig.until(beats(), within('2 s'));
  },
);

scenario(
  'game day: faults come as the seed draws them, an operator does what the runbook says, and all is well again',
  { fridge: 'uts', vary: 2 },
  async (rig) => {
    const { rounds, score } = await playGameDay(rig);
    for (const round of rounds) rig.note(roundText(round));
    rig.measure('score', score, { unit: '%', atLeast: 100 });
  },
);
