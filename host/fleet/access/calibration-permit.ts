// Whether somebody may calibrate a device for as long as a calibration may take, by a credential of theirs that ends soon: for a gateway that calibrates by itself.
//
// What must stay true: the files are read anew for each question, so what was revoked or changed counts from the next one on; a credential that lasts for more than
// a day is refused, because it lies on the disk of a machine that works alone; the token is in no message.

import { readFileSync } from 'node:fs';
import { reasonOf } from '../../links/device-file/error.ts';
import { AccessError } from './error.ts';
import { type People, personOf, readPeople } from './people.ts';
import type { Policy } from './policy.ts';

export interface PermitFiles {
  /** Who the people are: people.json of the fleet. */
  people: string;
  /** The token of the person in whose name the gateway calibrates. */
  token: string;
}

export type Permit = { by: string } | { refusal: string };

const longestMs = 86_400_000;

/** Times are since 1970. */
export function calibrationPermit(
  files: PermitFiles,
  policy: Policy,
  device: string,
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
  for (const ms of [fromMs, untilMs]) {
    const found = personOf(people, { token }, ms);
    if ('refusal' in found)
      return { refusal: ms === fromMs ? found.refusal : `${found.refusal}, before the calibration must` };
  }
  const { name } = personOf(people, { token }, fromMs) as { name: string };
  const { until, roles } = people[name];
  if (until === undefined || Date.parse(until) - fromMs > longestMs)
    return {
      refusal: `the credential of ${name} ${until === undefined ? 'never ends' : `ends only ${until}`}; expected one that ends within a day: coldrig fleet person add ${name} --role technician --days 1`,
    };
  const answer = policy.ask({ kind: 'person', name }, 'calibrate', { kind: 'device', name: device }, roles);
  return answer.isAllowed ? { by: name } : { refusal: `${name} (${roles.join(', ')}) may not calibrate` };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new AccessError(`${path} cannot be read: ${reasonOf(error)}`);
  }
}
