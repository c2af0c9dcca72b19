// `coldrig device attest`: asks a device what it runs, and believes it only by the lists that are given.

import { Command } from 'commander';
import { readDevices, readReferences } from '../../host/fleet/attestation/files.ts';
import { hex } from '../../host/fleet/attestation/token.ts';
import { Verifier } from '../../host/fleet/attestation/verifier.ts';
import { readToken } from '../../host/tools/smp/attestation.ts';
import { readFuseReport } from '../../host/tools/smp/boot-group.ts';
import { type SmpClient, SmpError } from '../../host/tools/smp/index.ts';
import { ACCESS_REASON } from '../../protocol/smp/access.ts';
import { type TargetOptions, withClient, withTarget } from '../client.ts';
import { Failure } from '../failure.ts';
import { readText } from '../files.ts';
import { printing, type Result } from '../result.ts';
import { table } from '../terminal.ts';

interface AttestOptions extends TargetOptions {
  devices: string;
  references: string;
}

const HELP = `
The device signs its serial number, what its chip has loaded, and a nonce that is new for each call, with a key that its firmware cannot read. It is believed by
two files: the public keys of devices, as the factory has noted them, and what releases measure.
  devices.json      {"devices": {"SERIAL": "PUBLIC KEY"}}, both in hexadecimal; 'coldrig run --devices devices.json' notes an emulated device there
  references.json   made by 'coldrig device references'

Example:
  coldrig device references app-1.4.2.bin --out references.json
  coldrig device attest --target udp://10.0.0.17:1337 --devices devices.json --references references.json

With --json: {ok, serial, release, bootloader, image, nonce, token}; measurements are SHA-256 in hexadecimal, the token is in base64. A device that is not believed
ends it with ATTEST_FORM, ATTEST_NONCE, ATTEST_DEVICE, ATTEST_SIGNATURE or ATTEST_MEASUREMENT.`;

export function attestCommand(): Command {
  return withTarget(new Command('attest'))
    .description('have a device prove which one it is, and what it runs')
    .requiredOption('--devices <file>', 'public keys of devices, by serial number')
    .requiredOption('--references <file>', 'what releases measure')
    .addHelpText('after', HELP)
    .action(printing(attest));
}

function attest(options: AttestOptions): Promise<Result> {
  const lists = named(() => ({
    devices: readDevices(readText(options.devices, 'the list of devices'), options.devices),
    references: readReferences(readText(options.references, 'the reference values'), options.references),
  }));
  return withClient(options, async (client, signal) => {
    const serial = await serialOf(client, signal);
    const verifier = new Verifier({ ...lists, nowMs: () => performance.now() });
    const nonce = named(() => verifier.ask(serial));
    const token = await tokenOf(client, nonce, signal);
    const { release, bootloader, image } = named(() => verifier.check(token)).reference;
    const rows = [
      ['device', serial],
      ['release', release],
      ['bootloader', bootloader],
      ['image', image],
    ];
    return {
      text: `${table(rows)}\nIt signed a nonce of this moment with its key on ${options.devices}, and measures as release ${release} in ${options.references}.`,
      json: { serial, release, bootloader, image, nonce: hex(nonce), token: Buffer.from(token).toString('base64') },
    };
  });
}

/** Serial number of a device, in hexadecimal, as it says itself. */
export async function serialOf(client: SmpClient, signal: AbortSignal): Promise<string> {
  return hex((await readFuseReport(client, { signal })).serial);
}

/** Throws a Failure where the device has nothing to attest with. */
export function tokenOf(client: SmpClient, nonce: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  return readToken(client, nonce, { signal }).catch((error) => {
    if (!(error instanceof SmpError) || error.kind !== 'device' || error.reason === ACCESS_REASON) throw error;
    throw new Failure(
      'ATTEST_NONE',
      `the device has no attestation: ${error.message}; it needs firmware that speaks SMP group 70, and safe mode has none`,
      { cause: error },
    );
  });
}

/** Errors of the verifier, its files and an authority, for a person. */
export function named<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    throw failureOf(error);
  }
}

export function failureOf(error: unknown): unknown {
  const isOurs = error instanceof Error && ['AttestationError', 'EnrolError'].includes(error.name);
  return isOurs ? new Failure((error as Error & { code: string }).code, error.message, { cause: error }) : error;
}
