// The file of a gateway: its name and its devices.
//
//   name: north-1
//   cryostat: north
//   devices:
//     - target: udp://10.0.0.17:1337
//     - target: serial:///dev/ttyUSB0
//       cryostat: south
//
// What must stay true: a mistake is an error that names the file, the place and what was expected.

import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { reasonOf } from '../../links/device-file/error.ts';
import { parseTarget } from '../../tools/smp/target.ts';

export interface GatewayConfig {
  name?: string;
  devices: { target: string; cryostat: string }[];
}

export class GatewayConfigError extends Error {}

const namePattern = /^[\w-]{1,64}$/;

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
  const cryostat = nameOf(path, 'cryostat', file.cryostat) ?? usualCryostat;
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
    return { target: device.target, cryostat: nameOf(path, `${place}.cryostat`, device.cryostat) ?? cryostat };
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

function nameOf(path: string, place: string, value: unknown): string | undefined {
  if (value === undefined || (typeof value === 'string' && namePattern.test(value))) return value;
  throw new GatewayConfigError(`${path}: ${place}: expected at most 64 letters, digits, - and _`);
}
