// The file of a gateway: its name and its devices.
//
//   name: north-1
//   cryostat: north
//   devices:
//     - target: udp://10.0.0.17:1337
//     - target: serial:///dev/ttyUSB0
//       cryostat: site-2/south
//
// Labs give their fridges the same few names, so a cryostat is known by the name of its gateway and its own: north-1/north. A name with a slash is the whole: gateways
// that share a cryostat give it in full. What must stay true: a mistake is an error that names the file, the place and what was expected.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { reasonOf } from '../../links/device-file/error.ts';
import { parseTarget } from '../../tools/smp/target.ts';

export interface GatewayConfig {
  name?: string;
  /** Cryostats as the file names them. */
  devices: { target: string; cryostat: string }[];
}

export class GatewayConfigError extends Error {}

const namePattern = /^[\w-]{1,64}$/;
const cryostatPattern = /^[\w-]{1,64}(\/[\w-]{1,64})?$/;

/** What a cryostat is called in records, alerts and on the page: no other gateway has one of that name unless it says so. */
export const knownCryostat = (gateway: string, name: string): string =>
  name.includes('/') ? name : `${gateway}/${name}`;

export const isCryostat = (name: string): boolean => cryostatPattern.test(name);
export const cryostatWords =
  'expected at most 64 letters, digits, - and _, or two such names with a slash between them';

export function readConfig(path: string, usualCryostat: string): GatewayConfig {
  let value: unknown;
  try {
    value = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const isSystem =
      (error as NodeJS.ErrnoException).code !== undefined && (error as NodeJS.ErrnoException).syscall !== undefined;
    throw new GatewayConfigError(`${path} cannot be read: ${isSystem ? reasonOf(error) : (error as Error).message}`);
  }
  const file = mapOf(path, 'the file', value, ['name', 'cryostat', 'devices']);
  const cryostat = cryostatOf(path, 'cryostat', file.cryostat) ?? usualCryostat;
  if (!Array.isArray(file.devices) || file.devices.length === 0)
    throw new GatewayConfigError(`${path}: devices: expected a list with a target for each device`);
  const devices = file.devices.map((one, index) => {
    const place = `devices[${index}]`;
    const device = mapOf(path, place, one, ['target', 'cryostat']);
    if (typeof device.target !== 'string')
      throw new GatewayConfigError(`${path}: ${place}.target: expected udp://host:port or serial:///dev/ttyX`);
    try {
      parseTarget(device.target);
    } catch (error) {
      throw new GatewayConfigError(`${path}: ${place}: ${(error as Error).message}`);
    }
    return { target: device.target, cryostat: cryostatOf(path, `${place}.cryostat`, device.cryostat) ?? cryostat };
  });
  return { name: nameOf(path, 'name', file.name), devices };
}

function mapOf(path: string, place: string, value: unknown, names: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new GatewayConfigError(`${path}: ${place}: expected a map with ${names.join(', ')}`);
  const unknown = Object.keys(value).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new GatewayConfigError(`${path}: ${place}: '${unknown}' is not known; there are ${names.join(', ')}`);
  return value as Record<string, unknown>;
}

function cryostatOf(path: string, place: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && isCryostat(value))) return value;
  throw new GatewayConfigError(`${path}: ${place}: ${cryostatWords}`);
}

function nameOf(path: string, place: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && namePattern.test(value))) return value;
  throw new GatewayConfigError(`${path}: ${place}: expected at most 64 letters, digits, - and _`);
}
