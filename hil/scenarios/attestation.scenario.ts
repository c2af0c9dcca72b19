// A device says which chip it is and what was loaded into its core; firmware carries that, and makes none of it.

import { readTokenBytes } from '../../host/fleet/attestation/token.ts';
import { readToken } from '../../host/tools/smp/attestation.ts';
import { readFuseReport } from '../../host/tools/smp/boot-group.ts';
import { AttestationCommand } from '../../protocol/smp/attestation.ts';
import { SmpGroup } from '../../protocol/smp/smp.ts';
import { type Rig, scenario } from '../index.ts';
import { ask, refusedFor } from './refused.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const token = async (rig: Rig, nonce: Uint8Array) => readTokenBytes(await readToken(rig.client, nonce));

scenario('a device attests its serial number and what it loaded, the same after a reset', {}, async (rig) => {
  const { serial } = await readFuseReport(rig.client);
  const nonces = [1, 2].map((byte) => new Uint8Array(32).fill(byte));
  const before = await token(rig, nonces[0]);
  await rig.check(() => before.serial === hex(serial) && hex(before.nonce) === hex(nonces[0]));
  for (const nonce of [undefined, new Uint8Array(31), 'a text of thirty-two characters.'])
    await refusedFor(rig, 'EINVAL', ask(rig, SmpGroup.ATTESTATION, AttestationCommand.TOKEN, { nonce }, false));
  await refusedFor(rig, 'ENOTSUP', ask(rig, SmpGroup.ATTESTATION, AttestationCommand.TOKEN, { nonce: nonces[0] }));
  await refusedFor(rig, 'ENOTSUP', ask(rig, SmpGroup.ATTESTATION, 1, {}, false));
  await rig.reset();
  const after = await token(rig, nonces[1]);
  await rig.check(
    () => hex(after.nonce) === hex(nonces[1]),
    () => after.image === before.image && after.bootloader === before.bootloader && after.image !== before.bootloader,
  );
});
