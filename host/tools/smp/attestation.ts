// The ATTESTATION group (protocol/smp/attestation.ts), typed. Only devices of ours speak it.

import { AttestationCommand } from '../../../protocol/smp/attestation.ts';
import { SmpGroup } from '../../../protocol/smp/smp.ts';
import { Fields } from './fields.ts';
import type { RequestOptions, SmpSession } from './session.ts';

/** The attestation token of a device about a nonce of 32 bytes, as the device sent it. */
export async function readToken(session: SmpSession, nonce: Uint8Array, options?: RequestOptions): Promise<Uint8Array> {
  const request = { what: 'attestation', group: SmpGroup.ATTESTATION, command: AttestationCommand.TOKEN, write: false };
  return new Fields(await session.request(request, { nonce }, options), 'attestation').bytes('token');
}
