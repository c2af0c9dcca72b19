// The error of an enrolment: what was refused, and what to do.

/** `ENROL_KEY`: a key or a certificate that cannot be read. `ENROL_CERTIFICATE`: a certificate that is not ours, or ended. `ENROL_REVOKED`: its device was revoked. `ENROL_STATE`: the file of the authority. */
export type EnrolErrorCode = 'ENROL_KEY' | 'ENROL_CERTIFICATE' | 'ENROL_REVOKED' | 'ENROL_STATE';

export class EnrolError extends Error {
  override readonly name = 'EnrolError';
  readonly code: EnrolErrorCode;

  constructor(code: EnrolErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
