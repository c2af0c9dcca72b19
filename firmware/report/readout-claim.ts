// Which client works with the readout, as far as clients say so (protocol/smp/readout.ts).
//
// What must stay true: a claim ends by itself, so a client that is gone shuts nobody out; a claim that has ended is nobody's.

import { fieldsOk, readUnsigned } from '../../protocol/guest/cbor-fields';
import { writeUnsignedField } from '../../protocol/guest/cbor-writer';
import { NS_PER_MS, uptimeNs } from '../../protocol/guest/clock';
import { MGMT_EINVAL, RO_ERR_CLAIMED, ROCMD_CLAIM_MS_MAX } from '../../protocol/guest/generated/constants';
import { openRequest } from '../../protocol/guest/smp/request';
import { STATUS_GROUP } from '../../protocol/guest/smp/status';

const ABSENT: u64 = u64.MAX_VALUE;

/** 0: nobody. */
let holder: u32 = 0;
let endNs: u64 = 0;

/** Time that the claim has left; 0: nobody has it. */
function leftNs(): u64 {
  assert(holder != 0 || endNs == 0, 'without a holder there is no claim');
  const now = uptimeNs();
  assert(endNs <= now + ROCMD_CLAIM_MS_MAX * NS_PER_MS, 'no claim is longer than the longest');
  return endNs > now ? endNs - now : 0;
}

export function answerClaim(): u32 {
  openRequest();
  const client = readUnsigned('id', ABSENT);
  const milliseconds = readUnsigned('ms', ABSENT);
  if (!fieldsOk() || client == 0 || client > u32.MAX_VALUE || milliseconds > ROCMD_CLAIM_MS_MAX) return MGMT_EINVAL;
  const isFree = leftNs() == 0;
  if (!isFree && <u64>holder != client) return STATUS_GROUP + RO_ERR_CLAIMED;
  // Whoever gives back what he does not have any more takes it from nobody.
  holder = milliseconds == 0 ? 0 : <u32>client;
  endNs = milliseconds == 0 ? 0 : uptimeNs() + milliseconds * NS_PER_MS;
  assert((holder == 0) == (endNs == 0), 'a claim has a holder and an end');
  return 0;
}

export function answerClaimState(): u32 {
  const left = leftNs();
  assert(left == 0 || holder != 0, 'a claim has a holder');
  writeUnsignedField('id', left == 0 ? 0 : holder);
  // Rounded up: a claim with time left is shown as one.
  writeUnsignedField('ms', (left + NS_PER_MS - 1) / NS_PER_MS);
  return 0;
}
