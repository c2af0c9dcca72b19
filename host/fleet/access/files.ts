// Files of the rules: the policy, its schema, and who has which role.
//
//   people.json    {"people": {"alice": ["operator"], "bob": ["viewer", "technician"]}}

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AccessError } from './error.ts';
import { Policy, type PolicyText, type RolesOf } from './policy.ts';

/** Roles of people. A device has none: what it may is said of devices. */
export const roles = ['viewer', 'operator', 'release-engineer', 'technician'] as const;

const preset = (file: string): PolicyText => ({
  name: file,
  text: readFileSync(fileURLToPath(new URL(`presets/${file}`, import.meta.url)), 'utf8'),
});

/** The policy of the package, or another for the same schema. */
export function readPolicy(policy?: PolicyText): Policy {
  return new Policy(policy ?? preset('fleet.cedar'), preset('fleet.cedarschema'));
}

/** Whoever is not listed has no role. */
export function readPeople({ name, text }: PolicyText): RolesOf {
  let people: unknown;
  try {
    ({ people } = Object(JSON.parse(text)));
  } catch (error) {
    throw new AccessError(`${name}: expected JSON (${(error as Error).message})`);
  }
  if (typeof people !== 'object' || people === null || Array.isArray(people))
    throw new AccessError(`${name}: people: expected {"people": {"NAME": ["ROLE"]}}`);
  for (const [person, list] of Object.entries(people)) {
    const wrong = Array.isArray(list) ? list.find((role) => !roles.includes(role)) : 'no list';
    if (wrong !== undefined)
      throw new AccessError(
        `${name}: people.${person}: ${JSON.stringify(wrong)} is no role; expected a list of ${roles.join(', ')}`,
      );
  }
  const known = new Map(Object.entries(people as Record<string, string[]>));
  return (person) => known.get(person) ?? [];
}
