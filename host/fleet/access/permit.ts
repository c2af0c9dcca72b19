// Whether a gateway may do something to a device now, and in whose name: by the credential of a person that ends soon, or by that of the device itself.
//
// What must stay true: the files are read anew for each question, so what was revoked, renewed or changed counts from the next one on; a person's credential that
// lasts for more than a day is refused, because it lies on the disk of a machine that works alone; no secret is in a message.

import { X509Certificate } from 'node:crypto';
import { reasonOf } from '../../links/device-file/error.ts';
import { readTextFile } from '../../links/text-file.ts';
import { AccessError } from './error.ts';
import { type People, personOf, readPeople } from './people.ts';
import { type Policy, PolicyAccess } from './policy.ts';

export interface PersonFiles {
  /** Who the people are: people.json of the fleet. */
  people: string;
  /** The token of the person in whose name the gateway works. */
  token: string;
}

/** What is done to a device at a gateway. */
export interface AtGateway {
  verb: 'calibrate' | 'flash';
  device: string;
}

export type Permit = { by: string } | { refusal: string };

const longestMs = 86_400_000;

/** For as long as the work takes. Times are since 1970. */
export function personPermit(
  files: PersonFiles,
  policy: Policy,
  { verb, device }: AtGateway,
  [fromMs, untilMs]: readonly [fromMs: number, untilMs: number],
): Permit {
  let people: People;
  let token: string;
  try {
    people = readPeople({ name: files.people, text: textOf(files.people) });
    token = textOf(files.token).trim();
  } catch (error) {
    if (error instanceof AccessError) return { refusal: error.message };
    throw error;
  }
  const now = personOf(people, { token }, fromMs);
  if ('refusal' in now) return now;
  const { name } = now;
  const { until, roles } = people[name];
  if ('refusal' in personOf(people, { token }, untilMs))
    return {
      refusal: `the credential of ${name} ends ${until}; to ${verb} may take ${Math.ceil((untilMs - fromMs) / 60_000)} minutes`,
    };
  if (until === undefined || Date.parse(until) - fromMs > longestMs)
    return {
      refusal: `the credential of ${name} ${until === undefined ? 'never ends' : `ends only ${until}`}; expected one that ends within a day: coldrig fleet person add ${name} --role technician --days 1`,
    };
  return permitOf(policy, { kind: 'person', name }, { verb, device }, roles);
}

/** By the certificate that the device shows to the update server. */
export function devicePermit(certificate: string, policy: Policy, asked: AtGateway, nowMs: number): Permit {
  let shown: X509Certificate;
  try {
    shown = new X509Certificate(textOf(certificate));
  } catch (error) {
    if (error instanceof AccessError) return { refusal: error.message };
    return { refusal: `${certificate}: expected a certificate in PEM (${(error as Error).message})` };
  }
  const name = /^CN=(.+)$/m.exec(shown.subject)?.[1];
  if (name === undefined) return { refusal: `the certificate ${certificate} names no device` };
  const [fromMs, untilMs] = [shown.validFrom, shown.validTo].map((text) => Date.parse(text));
  if (nowMs < fromMs || nowMs > untilMs) {
    const [from, end] = [fromMs, untilMs].map((ms) => new Date(ms).toISOString());
    return { refusal: `the certificate of device ${name} is good from ${from} to ${end}` };
  }
  return permitOf(policy, { kind: 'device', name }, asked, []);
}

function permitOf(
  policy: Policy,
  who: { kind: 'person' | 'device'; name: string },
  { verb, device }: AtGateway,
  roles: readonly string[],
): Permit {
  const refusal = new PolicyAccess(policy, () => roles).allow(who, verb, { kind: 'device', name: device });
  return refusal === undefined ? { by: who.name } : { refusal };
}

function textOf(path: string): string {
  try {
    return readTextFile(path);
  } catch (error) {
    throw new AccessError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}
