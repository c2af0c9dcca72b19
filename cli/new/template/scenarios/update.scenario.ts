// What this firmware must do, on an emulated board with its bootloader. `make test` runs it.

import { beats, booted, healthy, runs, scenario, within } from 'coldrig/hil';

scenario('an update is tried, and kept because it is healthy', {}, async (rig) => {
  await rig.tryImage(await rig.upload(await rig.update()));
  const { ms } = await rig.until(healthy(), within('2 s'));
  rig.measure('time to healthy', ms, { unit: 'ms', atMost: 500 });
  await rig.client.imageConfirm();
  await rig.reset();
  await rig.check(runs('1.1.0', { confirmed: true }));
});

scenario(
  'an update that nobody confirms is gone after a reset',
  { needs: 'inside', from: 'trial-1.1' },
  async (rig) => {
    await rig.until(beats(), within('2 s'));
    await rig.reset();
    await rig.check(runs('1.0.0', { confirmed: true }), booted('REVERTED'));
  },
);
