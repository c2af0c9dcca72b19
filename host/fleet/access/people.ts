// Who the people are, which roles they have, and how each is known: by a token, of which the file has the hash, or by a client certificate, of which it has
// the hash.
//
//   people.json    {"people": {"alice": {"roles": ["operator"], "token": "<SHA-256>", "until": "2027-06-30T00:00:00Z"},
//                              "bob": {"roles": ["viewer", "technician"], "certificate": "<SHA-256>"}}}
//
// What must stay true: the file has no secret; who is not in it is a stranger; a credential that has ended or was taken out opens nothing from the next request
// on; a file that cannot be read lets nobody in.

import { createHash, timingSafeEqual } from 'node:crypto';
import type { ShownCertificate } from '../http.ts';
import { AccessError } from './error.ts';
import { roles } from './files.ts';
import type { PolicyText } from './policy.ts';

export interface Person {
  roles: string[];
  /** SHA-256 of the token. */
  token?: string;
  /** SHA-256 of the client certificate. */
  certificate?: string;
  /** After it, neither is accepted; left out: for ever. */
  until?: string;
  /** When it was taken away, for the record; neither is accepted. */
  revoked?: string;
}

export type People = Readonly<Record<string, Person>>;

/** What a person shows. */
export interface Credential {
  token?: string;
  certificate?: ShownCertificate;
}

export const personPattern = /^[A-Za-z0-9](?:[A-Za-z0-9._@-]{0,62}[A-Za-z0-9])?$/;
const hashPattern = /^[0-9a-f]{64}$/;
/** With its offset, because a time without one is another moment in another time zone; a day alone is one of UTC. */
const timePattern = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;
const personNames = ['roles', 'token', 'certificate', 'until', 'revoked'];

/** Throws an AccessError with file, place, what was found and what is expected. */
export function readPeople({ name, text }: PolicyText): People {
  let people: unknown;
  try {
    ({ people } = Object(JSON.parse(text)));
  } catch (error) {
    throw new AccessError(`${name}: expected JSON (${(error as Error).message})`);
  }
  if (!isMap(people)) throw new AccessError(`${name}: people: expected {"people": {"NAME": {"roles": ["ROLE"]}}}`);
  for (const [person, value] of Object.entries(people)) {
    const wrong = personPattern.test(person) ? wrongIn(value) : 'a name has 1 to 64 letters, digits, . _ @ and -';
    if (wrong !== undefined) throw new AccessError(`${name}: people.${person}: ${wrong}`);
  }
  // Without a prototype, so that no name of it is a person.
  return Object.assign(Object.create(null), people);
}

function wrongIn(value: unknown): string | undefined {
  if (!isMap(value)) return 'expected {"roles": ["ROLE"], "token": "HASH"}';
  const unknown = Object.keys(value).find((key) => !personNames.includes(key));
  if (unknown !== undefined) return `'${unknown}' is not known; there are ${personNames.join(', ')}`;
  const { roles: has, token, certificate, until, revoked } = value;
  const role = Array.isArray(has) ? has.find((one) => !(roles as readonly unknown[]).includes(one)) : 'no list';
  if (role !== undefined) return `${JSON.stringify(role)} is no role; expected a list of ${roles.join(', ')}`;
  for (const [key, hash] of Object.entries({ token, certificate }))
    if (hash !== undefined && !(typeof hash === 'string' && hashPattern.test(hash)))
      return `${key}: expected a SHA-256 in hexadecimal; 'coldrig fleet person add' makes one`;
  for (const [key, time] of Object.entries({ until, revoked }))
    if (
      time !== undefined &&
      !(typeof time === 'string' && timePattern.test(time) && Number.isFinite(Date.parse(time)))
    )
      return `${key}: expected a time such as 2027-06-30T00:00:00Z`;
  return undefined;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

/** The name of who shows this, or why nobody is: for the record, not to be told. */
export function personOf(people: People, shown: Credential, nowMs: number): { name: string } | { refusal: string } {
  const { token, certificate } = shown;
  if (token === undefined && certificate === undefined)
    return { refusal: 'it shows neither a token nor a certificate' };
  const hash = token === undefined ? undefined : hashOfToken(token);
  for (const [name, person] of Object.entries(people)) {
    const isIt = hash === undefined ? same(certificate?.hash, person.certificate) : same(hash, person.token);
    if (!isIt) continue;
    const refusal = endedAt(person, hash === undefined ? certificate : undefined, nowMs);
    return refusal === undefined ? { name } : { refusal: `the credential of ${name} ${refusal}` };
  }
  return { refusal: hash === undefined ? 'its certificate is nobody’s' : 'its token is nobody’s' };
}

function endedAt({ until, revoked }: Person, certificate: ShownCertificate | undefined, nowMs: number) {
  if (revoked !== undefined) return `was revoked ${revoked}`;
  if (until !== undefined && nowMs > Date.parse(until)) return `has ended ${until}`;
  if (certificate === undefined || (nowMs >= certificate.fromMs && nowMs <= certificate.untilMs)) return undefined;
  const [from, end] = [certificate.fromMs, certificate.untilMs].map((ms) => new Date(ms).toISOString());
  return `is good from ${from} to ${end}`;
}

function same(found: string | undefined, expected: string | undefined): boolean {
  return found !== undefined && expected !== undefined && timingSafeEqual(Buffer.from(found), Buffer.from(expected));
}
