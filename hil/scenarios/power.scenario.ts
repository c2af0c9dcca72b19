// Power: rails that do not come up, loads that are shed and given back, a plate that is held at its temperature.

import { Shed } from '../../protocol/plant/budget.ts';
import { Activity } from '../../protocol/plant/energies.ts';
import { interlockNumber } from '../../protocol/plant/interlocks.ts';
import { Channel, Rail } from '../../protocol/plant/places.ts';
import {
  beats,
  event,
  healthy,
  type InsideRig,
  not,
  outputsClosed,
  register,
  runs,
  scenario,
  slots,
  within,
} from '../index.ts';

const allRails = 2 ** Rail.COUNT - 1;
const allGates = 7;

scenario(
  'the plate is held at a temperature, against a load that comes and goes, and cools when nobody holds it',
  { fridge: 'uts' },
  async (rig) => {
    const { rc: tooWarm, err: above } = rig.device.cryo('HEATER', { plate_setpoint_uk: 300_000_000 }) as never;
    await rig.check(() => (tooWarm ?? above) !== undefined);
    const refused = (body: Record<string, number>) => (rig.device.cryo('HEATER', body) as Record<string, unknown>).err;
    await rig.check(() => refused({ heater: 0, microwatts: 1_000_000_000 }) !== undefined);
    await rig.check(() => refused({ heater: 77, microwatts: 1 }) !== undefined);
    rig.device.cryo('HEATER', { plate_setpoint_uk: 3_140_000 });
    await rig.wait('2 min');
    rig.measure('off by', Math.abs(rig.kelvin('4K') - 3.14) * 1000, { unit: 'mK', atMost: 5 });
    rig.fault('thermal-rise at 4K 8mW for 2min');
    await rig.wait('2 min');
    rig.measure('off by under load', Math.abs(rig.kelvin('4K') - 3.14) * 1000, { unit: 'mK', atMost: 5 });
    await rig.wait('1 min');
    rig.device.cryo('HEATER', { plate_setpoint_uk: 0 });
    rig.device.cryo('HEATER', { heater: 0, microwatts: 0 });
    await rig.check(not(event('INTERLOCK_TRIPPED')));
    // Held again, until an interlock closes the heaters: then nothing is asked of them.
    rig.device.cryo('HEATER', { plate_setpoint_uk: 3_200_000 });
    await rig.wait('10 s');
    rig.fault('power-surge at dac 30% for 20ms');
    await rig.until(event('INTERLOCK_TRIPPED'), within('1 s'));
    await rig.check(() => refused({ heater: 0, microwatts: 20 }) !== undefined);
    await rig.wait('5 s');
    await rig.clearInterlock(interlockNumber.RAIL_OVER);
    await rig.until(healthy(), within('30 s'));
  },
);

scenario(
  'a rail that is too low when the device starts is tried again each second, and outputs wait for it',
  { fridge: 'uts', from: 'factory' },
  async (rig) => {
    rig.fault('power-surge at rf -40% for 4s');
    rig.powerOn();
    const failed = await rig.until(event('RAIL_FAILED', { argument: Rail.RF }), within('1 s'));
    rig.measure('given up after', failed.ms, { unit: 'ms', atMost: 50 });
    await rig.check(outputsClosed());
    const up = await rig.until(event('RAILS_UP'), within('10 s'));
    rig.measure('up after', up.s, { unit: 's', atMost: 6 });
    await rig.until(register('RAILS.ENABLE', allRails), within('1 s'));
    await rig.until(register('OUTPUTS.STATE', allGates), within('1 s'));
    await rig.until(beats(), within('3 s'));
  },
);

scenario(
  'a rail that stays too high is not switched on again before it is acknowledged, nor while it is',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('power-surge at multiplexer 30% for 10s');
    await rig.until(event('INTERLOCK_TRIPPED'), within('1 s'));
    await rig.wait('3 s');
    await rig.clearInterlock(interlockNumber.RAIL_OVER).catch(({ message }: Error) => rig.note(message));
    await rig.wait('10 s');
    await rig.clearInterlock(interlockNumber.RAIL_OVER).catch(({ message }: Error) => rig.note(message));
    await rig.until(register('RAILS.ENABLE', allRails), within('5 s'));
    // One that rises while another one has them all off: the chip holds it off when they come up again.
    rig.fault('power-surge at dac 30% for 20ms');
    rig.fault('power-surge at heater 30% after 2s for 3s');
    await rig.wait('1 s');
    await rig.clearInterlock(interlockNumber.RAIL_OVER);
    await rig.wait('5 s');
    await rig.clearInterlock(interlockNumber.RAIL_OVER).catch(({ message }: Error) => rig.note(message));
    await rig.until(register('RAILS.ENABLE', allRails), within('10 s'));
    await rig.until(healthy(), within('60 s'));
  },
);

scenario(
  'a rail that dips mutes the outputs, and they open by themselves when it is good again',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('power-surge at multiplexer -20% for 2s');
    await rig.until(event('INTERLOCK_TRIPPED', { argument: interlockNumber.RAIL_UNDER }), within('1 s'));
    await rig.wait('1 s');
    await rig.until(event('INTERLOCK_CLEARED', { argument: interlockNumber.RAIL_UNDER }), within('5 s'));
    await rig.until(register('OUTPUTS.STATE', allGates), within('5 s'));
    // Both references at once: the outputs are muted until there is one.
    rig.fault('timing-jitter at primary for 5s');
    rig.fault('timing-jitter at secondary for 5s');
    await rig.until(event('INTERLOCK_TRIPPED', { argument: interlockNumber.CLOCK_GONE }), within('3 s'));
    await rig.until(event('INTERLOCK_CLEARED', { argument: interlockNumber.CLOCK_GONE }), within('20 s'));
    await rig.until(healthy(), within('60 s'));
  },
);

/** The sequencers play so many events a second, whatever their duty is. */
async function playing(rig: InsideRig, seconds: number, eventsASecond: number): Promise<void> {
  for (let tenth = 0; tenth < seconds * 10; tenth++) {
    rig.device.board.machine.count(Activity.EVENTS, eventsASecond / 10);
    await rig.wait('100 ms');
  }
}

const steps = (rig: InsideRig) => rig.events('LOAD_SHED').map(({ argument0 }) => argument0);

scenario(
  'an experiment takes more than the plate carries away: it plays half, a quarter, nothing, and gets all of it back',
  { fridge: 'uts' },
  async (rig) => {
    await playing(rig, 7, 3.3e8);
    await rig.check(register('ACTIVITY.DUTY', 0));
    await rig.check(() => `${steps(rig)}` === `${[Shed.HALF_DUTY, Shed.QUARTER_DUTY, Shed.MUTED]}`);
    rig.device.cryo('POWER');
    await rig.wait('35 s');
    await rig.check(register('ACTIVITY.DUTY', 100), not(event('INTERLOCK_TRIPPED')));
    // Once more, and on: shedding is not enough, and the interlock stops it.
    const before = rig.now;
    await playing(rig, 12, 3.3e8);
    await rig.check(event('INTERLOCK_TRIPPED', { argument: interlockNumber.OVER_BUDGET, since: before }));
    await rig.check(outputsClosed());
    await rig.wait('40 s');
    await rig.clearInterlock(interlockNumber.OVER_BUDGET);
    await rig.wait('60 s');
    await rig.check(register('ACTIVITY.DUTY', 100));
    await rig.until(healthy(), within('30 s'));
  },
);

scenario(
  'an experiment takes too much under an update that is on trial: it ends its own trial, and 1.0 is back',
  { fridge: 'uts', from: 'trial-1.1' },
  async (rig) => {
    await playing(rig, 12, 3.3e8);
    await rig.check(event('TRIAL_ENDED'), slots({ A: 'CONFIRMED', B: 'REJECTED POWER_BUDGET' }));
    await rig.until(runs(await rig.version(), { confirmed: true }), within('5 s'));
  },
);

scenario(
  'a thermometer reads what no plate can be at, then jumps: it is not trusted until its readings agree again',
  { fridge: 'uts' },
  async (rig) => {
    rig.fault('calibration-drift at 4K -60000mK/min for 8s');
    await rig.until(event('SENSOR_LOST', { argument: Channel.PLATE_4K }), within('8 s'));
    await rig.until(event('SENSOR_BACK', { argument: Channel.PLATE_4K }), within('60 s'));
    await rig.wait('10 s');
    for (const fault of [
      'calibration-drift at MXC 20000mK/min for 6s',
      'calibration-drift at 4K 2000000mK/min for 12s',
    ]) {
      const since = rig.now;
      rig.fault(fault);
      await rig.until(event('SENSOR_LOST', { since }), within('20 s'));
      await rig.wait('30 s');
      rig.device.cryo('TEMPERATURES');
    }
    await rig.until(beats(), within('3 s'));
  },
);

scenario(
  'both thermometers of the plate have loose contacts: neither is trusted, its heater rests, and both come back',
  { fridge: 'uts' },
  async (rig) => {
    rig.device.cryo('HEATER', { heater: 0, microwatts: 200 });
    rig.device.cryo('HEATER', { plate_setpoint_uk: 3_140_000 });
    rig.fault('mechanical at 4K for 30s');
    rig.fault('mechanical at 4K-spare for 30s');
    await rig.wait('20 s');
    const lost = rig.events('SENSOR_LOST').map(({ argument0 }) => argument0);
    await rig.check(() => `${lost.toSorted()}` === `${[Channel.PLATE_4K, Channel.PLATE_4K_B]}`);
    await rig.until(register('HEATERS.DUTY[0]', 0), within('10 s'));
    await rig.wait('60 s');
    rig.device.cryo('HEATER', { plate_setpoint_uk: 0 });
    await rig.until(healthy(), within('60 s'));
  },
);
