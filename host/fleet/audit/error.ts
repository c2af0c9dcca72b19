// The error of an audit log. Its message is for a person: what was found, where, what was expected, and what to do next.

/**
 * `AUDIT_FORM`: a file that cannot be read as what it should be. `AUDIT_SIGNATURE`: not signed by the key that was given. `AUDIT_REWRITTEN`: entries or
 * hashes are not those that were signed. `AUDIT_CUT`: something that was signed is gone. `AUDIT_BUSY`: another process has the log. `AUDIT_DISK`: the disk
 * or the line has failed. `AUDIT_ENTRY`: there is no such entry, or it cannot be taken.
 */
export type AuditErrorCode =
  | 'AUDIT_FORM'
  | 'AUDIT_SIGNATURE'
  | 'AUDIT_REWRITTEN'
  | 'AUDIT_CUT'
  | 'AUDIT_BUSY'
  | 'AUDIT_DISK'
  | 'AUDIT_ENTRY';

export class AuditError extends Error {
  override readonly name = 'AuditError';
  readonly code: AuditErrorCode;

  constructor(code: AuditErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}
