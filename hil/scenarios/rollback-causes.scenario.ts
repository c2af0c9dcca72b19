// Every way in which an update ends its trial other than well: the image before runs again, and the cause is kept.

import { event, type InsideRig, lastBoot, scenario, slots, within } from '../index.ts';
import { defective, obedient } from './defective.ts';

/** Puts an image on trial in slot B. */
async function onTrial(rig: InsideRig, image: Uint8Array): Promise<void> {
  await rig.boot(rig.place('B', image));
  await rig.check(lastBoot({ decision: 'TRIAL_FIRST', slot: 'B' }));
}

/** The device went back to 1.0 for this reason, keeps it, and stays there. */
async function wentBack(rig: InsideRig, reason: string, time: string): Promise<void> {
  await rig.until(slots({ A: 'CONFIRMED', B: `REJECTED ${reason}` }), within(time));
  rig.device.settle();
  await rig.check(lastBoot({ decision: 'REVERTED', slot: 'A', rejected: [`B ${reason}`] }));
  rig.powerCycle();
  await rig.check(lastBoot({ decision: 'CONFIRMED', slot: 'A' }), slots({ B: `REJECTED ${reason}` }));
}

scenario('an update that hangs is rolled back: WATCHDOG', { needs: 'inside' }, async (rig) => {
  await onTrial(rig, await defective(rig, 'hangs'));
  await wentBack(rig, 'WATCHDOG', '5 s');
});

scenario(
  'an update that never gets healthy is rolled back after five minutes: TRIAL_TIMEOUT',
  { needs: 'inside' },
  async (rig) => {
    await onTrial(rig, await defective(rig, 'never-confirms'));
    const refusal = await rig.refusal(rig.client.imageConfirm());
    rig.note(`a confirm is refused: ${refusal.message}`);
    await rig.wait('298 s');
    await rig.check(slots({ B: 'TRIAL 2' }));
    await wentBack(rig, 'TRIAL_TIMEOUT', '5 s');
  },
);

scenario('an update that takes too much power ends its own trial: POWER_BUDGET', { fridge: 'uts' }, async (rig) => {
  await onTrial(rig, await defective(rig, 'busy-loops'));
  await wentBack(rig, 'POWER_BUDGET', '20 s');
});

scenario(
  'an update under which an interlock trips cannot be confirmed, and is rolled back in the end: TRIAL_TIMEOUT',
  { fridge: 'uts', from: 'trial-1.1' },
  async (rig) => {
    rig.fault('power-surge at dac 30% after 1s for 20ms');
    await rig.until(event('INTERLOCK_TRIPPED'), within('2 s'));
    await rig.wait('1 s');
    const { message } = await rig.refusal(rig.client.imageConfirm());
    rig.note(`a confirm is refused: ${message}`);
    await wentBack(rig, 'TRIAL_TIMEOUT', '301 s');
  },
);

scenario('an update that faults is rolled back: FAULT', { needs: 'inside' }, async (rig) => {
  await onTrial(rig, await obedient(rig));
  rig.device.type(Buffer.from('x'));
  await wentBack(rig, 'FAULT', '1 s');
});

scenario(
  'a trial that is reset before it is confirmed is over: UNCONFIRMED',
  { needs: 'inside', from: 'trial-1.1' },
  async (rig) => {
    await rig.client.reset();
    await wentBack(rig, 'UNCONFIRMED', '1 s');
  },
);

scenario(
  'a trial that loses power three times is over: TRIALS_EXHAUSTED',
  { needs: 'inside', from: 'trial-1.1' },
  async (rig) => {
    for (const left of [1, 0]) {
      rig.powerCycle();
      await rig.check(lastBoot({ decision: 'TRIAL_AGAIN', slot: 'B' }), slots({ B: `TRIAL ${left}` }));
    }
    rig.powerCycle();
    await wentBack(rig, 'TRIALS_EXHAUSTED', '1 s');
  },
);

scenario(
  'a trial under which the supply dips three times is over: BROWN_OUTS',
  { needs: 'inside', from: 'trial-1.1' },
  async (rig) => {
    for (let dips = 0; dips < 3; dips++) rig.brownOut();
    await wentBack(rig, 'BROWN_OUTS', '1 s');
  },
);

scenario('an update that the core refuses to run is rolled back: CORE_REFUSED', { needs: 'inside' }, async (rig) => {
  await rig.boot(rig.place('B', await rig.update(undefined, Buffer.from('no module at all'))));
  await wentBack(rig, 'CORE_REFUSED', '1 s');
});

scenario(
  'an update that rots in flash before its trial never runs: HASH_MISMATCH',
  { needs: 'inside', from: 'pending-1.1' },
  async (rig) => {
    rig.device.programmer.flipBit(0x0c_0000 + 5000, 3);
    rig.pullReset();
    await rig.check(lastBoot({ decision: 'CONFIRMED', slot: 'A', rejected: ['B HASH_MISMATCH'] }));
  },
);

scenario(
  'a confirmed image that hangs again and again gives way to the one before: LOOPING',
  { needs: 'inside', from: 'confirmed-1.1' },
  async (rig) => {
    for (let resets = 1; resets <= 8; resets++) {
      await rig.check(lastBoot({ slot: 'B' }));
      rig.fault('firmware-lock at core');
      await rig.wait('1 s');
      rig.device.settle();
    }
    await rig.check(lastBoot({ decision: 'FALLBACK', slot: 'A' }), slots({ A: 'CONFIRMED', B: 'CONFIRMED LOOPING' }));
  },
);
