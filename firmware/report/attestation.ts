// SMP group 70: tokens of the attestation engine (protocol/smp/attestation.ts). The engine measures and signs; this carries nonce and token.
//
// What must stay true: nothing of a token is made here, so firmware that lies cannot change what a token says of it.

import { fieldsOk, findBytes } from '../../protocol/guest/cbor-fields';
import { cborContent, cborContentLength } from '../../protocol/guest/cbor-reader';
import { writeBytes, writeText } from '../../protocol/guest/cbor-writer';
import { copyFromBus, copyToBus } from '../../protocol/guest/dma';
import {
  ATTCMD_COUNT,
  ATTCMD_TOKEN,
  ATTESTATION_NONCE,
  ATTESTATION_TOKEN_MAX,
  GROUP_ATTESTATION,
  MGMT_EINVAL,
  MGMT_ENOTSUP,
  SMP_OP_READ,
  SMP_OP_WRITE,
} from '../../protocol/guest/generated/constants';
import {
  ATTEST_COMMAND_SIGN_SIGN,
  ATTEST_NONCE,
  ATTEST_NONCE_COUNT,
  ATTEST_TOKEN,
  ATTEST_TOKEN_COUNT,
  readAttestLength,
  writeAttestCommand,
} from '../../protocol/guest/generated/registers';
import { registerGroup } from '../../protocol/guest/smp/groups';
import { openRequest } from '../../protocol/guest/smp/request';

const nonce: usize = memory.data(<i32>ATTESTATION_NONCE, 4);
const token: usize = memory.data(<i32>ATTESTATION_TOKEN_MAX, 4);

export function registerAttestation(): void {
  assert(ATTESTATION_NONCE == ATTEST_NONCE_COUNT << 2, 'a nonce fills its registers');
  assert(ATTESTATION_TOKEN_MAX == ATTEST_TOKEN_COUNT << 2, 'there is room for every token');
  registerGroup(GROUP_ATTESTATION, 'attestation', ATTCMD_COUNT, answerAttestation);
}

function answerAttestation(operation: u32, command: u32, step: u32): u32 {
  assert(step == 0, 'every answer here is given at once');
  assert(operation == SMP_OP_READ || operation == SMP_OP_WRITE, 'the server passes on reads and writes only');
  return operation == SMP_OP_READ && command == ATTCMD_TOKEN ? answerToken() : MGMT_ENOTSUP;
}

function answerToken(): u32 {
  openRequest();
  const item = findBytes('nonce');
  if (!fieldsOk() || item == 0 || cborContentLength(item) != ATTESTATION_NONCE) return MGMT_EINVAL;
  // The nonce lies in its request at any byte; the copy to registers takes whole words.
  memory.copy(nonce, cborContent(item), ATTESTATION_NONCE);
  copyToBus(ATTEST_NONCE, nonce, ATTESTATION_NONCE);
  writeAttestCommand(ATTEST_COMMAND_SIGN_SIGN);
  const length = readAttestLength();
  assert(length != 0 && length <= ATTESTATION_TOKEN_MAX, 'the engine has signed');
  copyFromBus(token, ATTEST_TOKEN, ATTESTATION_TOKEN_MAX);
  writeText('token');
  writeBytes(token, length);
  return 0;
}
