// A downgrade token: what it takes to run an image whose security counter is history, and who may allow it.

import { compileGuest } from '../../host/tools/guest.ts';
import { parseImage } from '../../host/tools/image/index.ts';
import { makeToken } from '../../host/tools/image/token.ts';
import { readFuseReport, sendToken } from '../../host/tools/smp/boot-group.ts';
import { booted, healthy, keys, runs, scenario, signed, within } from '../index.ts';

scenario(
  'an operator takes the fleet back: a token lets an older counter run, once',
  { needs: 'inside' },
  async (rig) => {
    const payload = await compileGuest('firmware/main.ts');
    const made = (version: string, securityCounter: number) =>
      signed(version, { payload, privateKeyPem: keys[0].privateKeyPem, securityCounter });
    const [old, next] = [made('0.9.0', 1), made('2.0.0', 5)];
    const hash = parseImage(old).hash as Uint8Array;
    await rig.tryImage(await rig.upload(next));
    await rig.until(healthy(), within('10 s'));
    await rig.client.imageConfirm();
    await rig.reset();
    await rig.wait('3 s');
    await rig.refusal(rig.client.imageTest(await rig.upload(old)));
    const { serial, board, securityCounter } = await readFuseReport(rig.client);
    const counter: [number, number] = [0, securityCounter];
    const about = { privateKeyPem: keys[0].privateKeyPem, imageHash: hash, serial, board, displaces: '2.0.0', counter };
    await rig.refusal(sendToken(rig.client, makeToken({ ...about, privateKeyPem: keys[3].privateKeyPem })));
    await rig.refusal(sendToken(rig.client, new Uint8Array(64)));
    await sendToken(rig.client, makeToken(about));
    await rig.client.imageTest(hash);
    await rig.reset();
    await rig.until(runs('0.9.0'), within('10 s'));
    await rig.check(booted('TRIAL_FIRST'));
  },
);
