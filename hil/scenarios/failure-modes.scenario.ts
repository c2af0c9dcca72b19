// The eight ways in which a controller in a cryostat fails: each is noticed in time, answered in time, and known afterwards.

import { beats, event, lastBoot, outputsClosed, scenario, within } from '../index.ts';
import { endsWell } from './after-a-fault.ts';

scenario('thermal-rise: a regulator on the 4 K plate runs away and is switched off', { fridge: 'uts' }, async (rig) => {
  rig.fault('thermal-rise at 4K 200mW');
  const noticed = await rig.until(event('INTERLOCK_TRIPPED'), within('10 s'));
  rig.measure('noticed after', noticed.s, { unit: 's', atMost: 3 });
  await rig.check(outputsClosed());
  await endsWell(rig, 'INTERLOCK_TRIPPED');
});

scenario(
  'signal-drop: a connector that loses 6 dB is reported, and reported good again',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('signal-drop at readout-return 6dB for 20s');
    const noticed = await rig.until(event('SIGNAL_LOST', { argument: 2 }), within('10 s'));
    rig.measure('noticed after', noticed.s, { unit: 's', atMost: 4 });
    await rig.until(event('SIGNAL_BACK', { argument: 2 }), within('30 s'));
    await endsWell(rig, 'SIGNAL_LOST');
  },
);

scenario(
  'timing-jitter: the reference from the rack is gone, and the clock follows the other one',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('timing-jitter at primary after 1s');
    const noticed = await rig.until(event('CLOCK_SWITCHED', { argument: 1 }), within('5 s'));
    rig.measure('noticed after', noticed.ms - 1000, { unit: 'ms', atMost: 2 });
    await endsWell(rig, 'CLOCK_SWITCHED');
  },
);

scenario(
  'adc-saturation: a line that clips is attenuated, and the attenuation is taken back',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('adc-saturation at control 9dB for 20s');
    const noticed = await rig.until(event('ATTENUATED', { argument: 0 }), within('10 s'));
    rig.measure('noticed after', noticed.s, { unit: 's', atMost: 3 });
    await rig.wait('20 s');
    await rig.until(event('ATTENUATED', { argument: 0, since: rig.now }), within('30 s'));
    await endsWell(rig, 'ATTENUATED');
  },
);

scenario(
  'firmware-lock: the core stands still, and the watchdog starts the firmware anew',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('firmware-lock at core');
    const noticed = await rig.until(event('BOOT_START'), within('5 s'));
    rig.measure('noticed after', noticed.s, { unit: 's', atMost: 1 });
    const back = await rig.until(event('RAILS_UP'), within('5 s'));
    rig.measure('up again after', back.ms, { unit: 'ms', atMost: 500 });
    await rig.check(lastBoot({ decision: 'CONFIRMED', slot: 'A' }));
    await endsWell(rig, 'BOOT_START');
  },
);

scenario(
  'mechanical: a thermometer with a loose contact is not trusted until it reads again',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('mechanical at MXC for 20s');
    const noticed = await rig.until(event('SENSOR_LOST', { argument: 5 }), within('20 s'));
    rig.measure('noticed after', noticed.s, { unit: 's', atMost: 6 });
    await rig.until(event('SENSOR_BACK', { argument: 5 }), within('60 s'));
    await endsWell(rig, 'SENSOR_LOST');
  },
);

scenario(
  'power-surge: a rail that rises by 30 % is cut off by its comparator at once',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('power-surge at dac 30% after 5ms for 20ms');
    const noticed = await rig.until(event('INTERLOCK_TRIPPED'), within('1 s'));
    rig.measure('noticed after', noticed.ms - 5, { unit: 'ms', atMost: 2 });
    await rig.check(outputsClosed());
    await endsWell(rig, 'INTERLOCK_TRIPPED');
  },
);

scenario(
  'calibration-drift: two thermometers of one plate part, and the warmer one is believed',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('calibration-drift at 4K 20mK/min');
    const noticed = await rig.until(event('SENSOR_LOST', { argument: 1 }), within('3 min'));
    rig.measure('noticed after', noticed.s, { unit: 's', atMost: 120 });
    await rig.until(beats(), within('3 s'));
    await endsWell(rig, 'SENSOR_LOST');
  },
);
