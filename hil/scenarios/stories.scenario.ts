// What breaks in production, from its first sign to the end: five stories, and an incident with its record.

import { nameOf } from '../../protocol/constants.ts';
import { bootDecisions } from '../../protocol/image/boot-state.ts';
import { rejectReasons } from '../../protocol/image/reasons.ts';
import { interlockNumber } from '../../protocol/plant/interlocks.ts';
import { Channel } from '../../protocol/plant/places.ts';
import { Beat } from '../../protocol/telemetry/heartbeat.ts';
import {
  beats,
  coldEnough,
  event,
  healthy,
  heartbeat,
  not,
  outputsClosed,
  register,
  runs,
  scenario,
  within,
} from '../index.ts';
import { defective } from './defective.ts';

scenario(
  'a regulator fails at 4 K: safe state, repair, an operator clears it, and the outputs come back',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('thermal-rise at 4K 300mW for 2min');
    await rig.until(event('INTERLOCK_TRIPPED'), within('5 s'));
    await rig.check(outputsClosed());
    const { PLATE_4K_RISE } = interlockNumber;
    await rig.refusal(rig.clearInterlock(PLATE_4K_RISE));
    await rig.stays(coldEnough('4K'), '10 min');
    await rig.clearInterlock(PLATE_4K_RISE);
    const back = await rig.until(register('OUTPUTS.STATE', 7), within('10 s'));
    rig.measure('outputs open after', back.ms, { unit: 'ms', atMost: 1000 });
    await rig.until(healthy(), within('30 s'));
  },
);

scenario(
  'a connector at the multiplexer wears out: its line is reported, and no cell misses its refresh',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('signal-drop at control 1dB for 20s');
    await rig.stays(not(event('SIGNAL_LOST')), '20 s');
    rig.fault('mechanical at control for 1min');
    const noticed = await rig.until(event('SIGNAL_LOST', { argument: 0 }), within('30 s'));
    rig.measure('noticed after', noticed.s, { unit: 's', atMost: 20 });
    rig.note('the connector is mated anew');
    await rig.until(event('SIGNAL_BACK', { argument: 0, since: rig.now }), within('2 min'));
    await rig.check(not(event('CELL_LATE')));
    await rig.until(beats(), within('2 s'));
  },
);

scenario(
  'an update bricks nothing: cut in the upload, hanging on trial; the device takes the next one',
  { needs: 'inside' },
  async (rig) => {
    const bad = await defective(rig, 'hangs');
    await rig.device.upload(bad, { cutPowerAtByte: 60_000 }).catch(() => {});
    rig.powerOn();
    const tried = await rig.updateWith(bad);
    await rig.check(() => tried.verdict === 'rolled-back', runs(await rig.version(), { confirmed: true }));
    const good = await rig.updateWith(await rig.update(await rig.version(3)));
    await rig.check(() => good.verdict === 'confirmed', runs(await rig.version(3), { confirmed: true }));
  },
);

scenario(
  'a slow leak warms the 4 K plate and the reference drifts: heartbeats show it before any limit',
  { fridge: 'uts' },
  async (rig) => {
    const plate = async () => (await rig.heartbeatRecord())[Beat.TEMPERATURES + Channel.PLATE_4K] / 1000;
    const before = await plate();
    for (let step = 0; step < 5; step++) {
      rig.fault('thermal-rise at 4K 8mW');
      rig.fault('timing-jitter at primary 60ppb');
      await rig.wait('2 min');
    }
    rig.measure('plate warmer by', (await plate()) - before, { unit: 'mK', atLeast: 40, atMost: 120 });
    await rig.check(not(event('INTERLOCK_TRIPPED')), not(event('CLOCK_SWITCHED')));
    rig.fault('timing-jitter at primary 400ppb');
    const switched = await rig.until(event('CLOCK_SWITCHED', { argument: 1 }), within('5 s'));
    rig.measure('clock switched after', switched.s, { unit: 's', atMost: 2 });
  },
);

scenario(
  'a reader that drops alarms does not lose them: they stay in the heartbeat until cleared',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('power-surge at dac 30% for 20ms');
    await rig.until(event('INTERLOCK_TRIPPED'), within('1 s'));
    // The recorder holds 256 events. In five minutes, heartbeats alone have pushed the alarm out.
    await rig.wait('5 min');
    await rig.check(() => rig.remembered('INTERLOCK_TRIPPED').length === 0);
    await rig.check(
      heartbeat('TRIPPED', 2 ** interlockNumber.RAIL_OVER),
      heartbeat('LAST_TRIP', interlockNumber.RAIL_OVER),
    );
    await rig.check(heartbeat('VERSION', Beat.VERSION_NUMBER));
    await rig.clearInterlock(interlockNumber.RAIL_OVER);
    await rig.until(heartbeat('TRIPPED', 0), within('3 s'));
  },
);

scenario(
  'an incident: an update takes too much power; alert, rollback, record, and the update that replaces it',
  { fridge: 'uts' },
  async (rig) => {
    await rig.boot(rig.place('B', await defective(rig, 'busy-loops')));
    const alert = await rig.until(event('TRIAL_ENDED'), within('30 s'));
    rig.measure('alert after', alert.s, { unit: 's', atMost: 10 });
    const recovered = await rig.until(runs(await rig.version(), { confirmed: true }), within('10 s'));
    rig.measure('recovered after', recovered.ms, { unit: 'ms', atMost: 500 });
    for (const { number, decision, reasons } of (await rig.bootLog()).slice(-2)) {
      const kept = reasons.map((reason) => nameOf(rejectReasons, reason)).join(' and ');
      rig.note(`boot ${number}: ${nameOf(bootDecisions, decision)}, reasons kept: ${kept}`);
    }
    await rig.check(() => rig.notes.some(({ text }) => text.includes('REVERTED') && text.includes('POWER_BUDGET')));
    const { verdict } = await rig.updateWith(await rig.update(await rig.version(3)));
    await rig.check(() => verdict === 'confirmed', runs(await rig.version(3), { confirmed: true }));
  },
);
