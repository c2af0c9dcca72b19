// What a verifier knows beforehand, as JSON files: which devices there are, with their keys, and what releases measure.
//
//   devices      {"devices": {"SERIAL": "PUBLIC KEY"}}, both in hexadecimal: noted by the factory, or learnt where nobody else has the device
//   references   reference values in the manner of a CoMID (draft-ietf-rats-corim), in JSON: for each release, the digests of bootloader and image
//
// What must stay true: a file with anything in it that is not understood is refused, because half a list is not a list.

import { createHash } from 'node:crypto';
import { parseImage } from '../../tools/image/parse.ts';
import { formatVersion } from '../../tools/image/version.ts';
import { AttestationError } from './error.ts';
import { hex } from './token.ts';

/** Public keys by serial number, both in hexadecimal. */
export type Devices = ReadonlyMap<string, string>;

/** What a device measures that runs a release. */
export interface Reference {
  release: string;
  bootloader: string;
  image: string;
}

export const serialPattern = /^[0-9a-f]{32}$/;
const hashPattern = /^[0-9a-f]{64}$/;

export function readDevices(text: string, name: string): Map<string, string> {
  const devices = objectIn(parsed(text, name)?.devices, `${name}: devices`, '{"devices": {"SERIAL": "KEY"}}');
  for (const [serial, key] of Object.entries(devices)) {
    if (!serialPattern.test(serial))
      throw wrong(`${name}: devices.${serial}`, 'a serial number of 32 hexadecimal digits');
    if (!hashPattern.test(String(key)))
      throw wrong(`${name}: devices.${serial}`, 'a public key of 64 hexadecimal digits');
  }
  return new Map(Object.entries(devices) as [string, string][]);
}

export const writeDevices = (devices: Devices) =>
  `${JSON.stringify({ devices: Object.fromEntries([...devices].sort(([a], [b]) => (a < b ? -1 : 1))) }, undefined, 2)}\n`;

/** What a device measures that has this bootloader and runs this signed image. */
export function referenceOf(image: Uint8Array, bootloader: Uint8Array, name: string): Reference {
  const { header } = parseImage(image, name);
  const payload = image.subarray(header.headerSize, header.headerSize + header.imageSize);
  return { release: formatVersion(header.version), bootloader: sha256(bootloader), image: sha256(payload) };
}

const environment = { class: { vendor: 'coldrig', model: 'controller' } };

export function writeReferences(references: readonly Reference[]): string {
  const values = references.map(({ release, bootloader, image }) => ({
    environment,
    release,
    measurements: [
      { key: 'bootloader', value: { digests: [`sha-256:${bootloader}`] } },
      { key: 'image', value: { digests: [`sha-256:${image}`] } },
    ],
  }));
  return `${JSON.stringify({ triples: { 'reference-values': values } }, undefined, 2)}\n`;
}

export function readReferences(text: string, name: string): Reference[] {
  const triples = objectIn(parsed(text, name)?.triples, `${name}: triples`, '{"triples": {"reference-values": [...]}}');
  const values = triples['reference-values'];
  if (!Array.isArray(values)) throw wrong(`${name}: triples.reference-values`, 'a list');
  return values.map((value, at) => {
    const place = `${name}: triples.reference-values[${at}]`;
    const { release, measurements } = objectIn(value, place, 'an object');
    if (typeof release !== 'string') throw wrong(`${place}.release`, 'the version of a release');
    if (!Array.isArray(measurements) || measurements.length !== 2)
      throw wrong(`${place}.measurements`, 'two measurements');
    const digestOf = (key: string): string => {
      const { digests } = Object(measurements.find((one) => one?.key === key)?.value);
      const digest = Array.isArray(digests) && digests.length === 1 ? String(digests[0]) : '';
      if (digest.startsWith('sha-256:') && hashPattern.test(digest.slice(8))) return digest.slice(8);
      throw wrong(`${place}.measurements`, `one of the key ${key}, with one digest sha-256:HEXADECIMAL`);
    };
    return { release, bootloader: digestOf('bootloader'), image: digestOf('image') };
  });
}

function parsed(text: string, name: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch (error) {
    throw wrong(name, `JSON (${(error as Error).message})`);
  }
}

function objectIn(value: unknown, place: string, expected: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw wrong(place, expected);
}

const wrong = (place: string, expected: string) =>
  new AttestationError('ATTEST_FILE', `${place}: expected ${expected}`);

const sha256 = (bytes: Uint8Array) => hex(createHash('sha256').update(bytes).digest());
