// Updates over the wire: each of these runs on a real device too, unless it cuts the power.

import { booted, healthy, keys, not, runs, scenario, signed, versionOf, within } from '../index.ts';

scenario(
  'an update is uploaded, runs on trial, and is confirmed once it is healthy',
  { from: 'confirmed-1.0' },
  async (rig) => {
    const image = await rig.update();
    await rig.tryImage(await rig.upload(image));
    await rig.until(runs(versionOf(image), { confirmed: false }), within('10 s'));
    await rig.until(healthy(), within('10 s'));
    await rig.client.imageConfirm();
    await rig.check(runs(versionOf(image), { confirmed: true }), booted('TRIAL_FIRST'));
  },
);

scenario('an update that nobody confirms is rolled back by the next reset', { from: 'confirmed-1.0' }, async (rig) => {
  const before = (await rig.running())?.version ?? '';
  const image = await rig.update();
  await rig.tryImage(await rig.upload(image));
  await rig.until(runs(versionOf(image)), within('10 s'));
  await rig.reset();
  await rig.until(runs(before, { confirmed: true }), within('10 s'));
  await rig.check(booted('REVERTED', 'UNCONFIRMED'));
});

scenario(
  'an image by a key that the device does not trust is refused before it is tried',
  { from: 'confirmed-1.0' },
  async (rig) => {
    const before = (await rig.running())?.version ?? '';
    const foreign = signed('9.0.0', { payload: Buffer.from('anything'), privateKeyPem: keys[3].privateKeyPem });
    const hash = await rig.upload(foreign);
    const { message } = await rig.refusal(rig.client.imageTest(hash));
    rig.note(message);
    await rig.reset();
    await rig.check(runs(before, { confirmed: true }), not(runs('9.0.0')));
  },
);

scenario('a whole update as coldrig flash makes it ends confirmed', { from: 'confirmed-1.0' }, async (rig) => {
  const { verdict, version, upload } = await rig.updateWith(await rig.update());
  await rig.check(() => verdict === 'confirmed', runs(version, { confirmed: true }));
  rig.measure('upload', (upload?.elapsedMs ?? Number.NaN) / 1000, { unit: 's', atMost: 30 });
});

scenario('an upload that loses power goes on where it was', { needs: 'inside', vary: 3 }, async (rig) => {
  const image = await rig.update();
  const cut = rig.device.upload(image, { cutPowerAtByte: 1 + rig.choose(image.length - 1) });
  await cut.catch((error: Error) => rig.note(`${error}`));
  rig.powerOn();
  await rig.wait('1 s');
  await rig.tryImage(await rig.upload(image));
  await rig.until(runs(versionOf(image)), within('10 s'));
});
