// Updates over the wire: each of these runs on a real device too.

import { booted, healthy, runs, scenario, within } from '../index.ts';

scenario(
  'an update is uploaded, runs on trial, and is confirmed once it is healthy',
  { from: 'confirmed-1.0' },
  async (rig) => {
    const image = await rig.update('1.1.0');
    const hash = await rig.upload(image);
    await rig.tryImage(hash);
    await rig.until(runs('1.1.0', { confirmed: false }), within('10 s'));
    await rig.until(healthy(), within('10 s'));
    await rig.client.imageConfirm();
    await rig.check(runs('1.1.0', { confirmed: true }), booted('TRIAL_FIRST'));
  },
);
