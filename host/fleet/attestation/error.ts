// The error of an attestation: what was refused, and why. A refusal says nothing that helps to make a better forgery.

/**
 * `ATTEST_FORM`: bytes that are no token. `ATTEST_NONCE`: about no question that was asked, or too late, or a second time. `ATTEST_DEVICE`: of a device that
 * is not known, or not the one that was asked. `ATTEST_SIGNATURE`: not signed by the key of that device. `ATTEST_MEASUREMENT`: the device runs what is no
 * release. `ATTEST_FILE`: a file of the verifier cannot be read.
 */
export type AttestationErrorCode =
  | 'ATTEST_FORM'
  | 'ATTEST_NONCE'
  | 'ATTEST_DEVICE'
  | 'ATTEST_SIGNATURE'
  | 'ATTEST_MEASUREMENT'
  | 'ATTEST_FILE';

export class AttestationError extends Error {
  override readonly name = 'AttestationError';
  readonly code: AttestationErrorCode;

  constructor(code: AttestationErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
