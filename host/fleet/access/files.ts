// Files of the rules: the policy, and its schema.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../../links/device-file/error.ts';
import { readTextFile } from '../../links/text-file.ts';
import { AccessError } from './error.ts';
import { Policy, type PolicyText } from './policy.ts';

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

/** The policy in a file; undefined: that of the package. Throws an AccessError. */
export function readPolicyFile(path: string | undefined): Policy {
  if (path === undefined) return readPolicy();
  let text: string;
  try {
    text = readTextFile(path);
  } catch (error) {
    throw new AccessError(`${path} cannot be read: ${reasonOf(error)}`);
  }
  return readPolicy({ name: path, text });
}
