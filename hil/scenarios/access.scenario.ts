// A device that is locked to its gateway: the gateway does what it did before, the console only reads.

import { readAccess, setLocked } from '../../host/tools/smp/access.ts';
import { ACCESS_REASON, AccessCommand } from '../../protocol/smp/access.ts';
import { AttestationCommand } from '../../protocol/smp/attestation.ts';
import { ImgCommand, OsCommand, SmpGroup } from '../../protocol/smp/smp.ts';
import { event, healthy, not, scenario, within } from '../index.ts';
import { ask, refusedFor } from './refused.ts';

scenario(
  'a device locked to its gateway is updated by it, and by nobody at the console',
  { needs: 'inside' },
  async (rig) => {
    const console = rig.device.client('console');
    const typed = (group: number, command: number, body = {}, write = true) =>
      console.request({ what: `command ${command} of group ${group}`, group, command, write }, body);
    await refusedFor(rig, ACCESS_REASON, setLocked(console, true));
    await refusedFor(rig, 'EINVAL', ask(rig, SmpGroup.ACCESS, AccessCommand.LOCK, { locked: 1 }));
    await refusedFor(rig, 'ENOTSUP', ask(rig, SmpGroup.ACCESS, 1, {}));
    await rig.check(not(event('ACCESS_CHANGED')), not(event('BOOT_START')));
    for (let turn = 0; turn < 2; turn++) await setLocked(rig.client, true);
    await rig.check(async () => (await readAccess(console)).locked);
    const image = await rig.update();
    const hash = await rig.upload(image);
    // Refusals are told one by one again.
    await rig.wait('10 s');
    const since = rig.now;
    for (const request of [
      typed(SmpGroup.IMG, ImgCommand.UPLOAD, { off: 0, len: image.length, data: image.subarray(0, 64) }),
      typed(SmpGroup.IMG, ImgCommand.STATE, { hash, confirm: true }),
      typed(SmpGroup.IMG, ImgCommand.ERASE),
      typed(SmpGroup.OS, OsCommand.RESET, { boot_mode: 1 }),
      typed(SmpGroup.ATTESTATION, AttestationCommand.TOKEN, { nonce: new Uint8Array(32) }, false),
    ])
      await refusedFor(rig, ACCESS_REASON, request);
    await rig.check(event('REQUEST_REFUSED', { since }), not(event('RESET_REQUESTED')));
    await rig.check(async () => (await console.echo('still here')) === 'still here');
    await rig.check(async () => (await console.imageState()).length === 2);
    await rig.tryImage(hash);
    await rig.until(healthy(), within('10 s'));
    await rig.client.imageConfirm();
    await rig.check(async () => (await readAccess(console)).locked);
    await setLocked(rig.client, false);
    await typed(SmpGroup.IMG, ImgCommand.ERASE);
    for (let left = (await readAccess(console)).left; left > 0; left--) {
      await setLocked(rig.client, true);
      await setLocked(rig.client, false);
    }
    await refusedFor(rig, 'NO_FUSE', setLocked(rig.client, true));
  },
);
