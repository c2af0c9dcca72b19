// The error of a policy or a list of people: file, line, what was found, what is expected.

export class AccessError extends Error {
  override readonly name = 'AccessError';
  readonly code = 'ACCESS';
}
