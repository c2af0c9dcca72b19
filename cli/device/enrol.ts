// `coldrig device enrol` and `renew`: a certificate of an hour for a device that attests, at the door of the update server.

import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { Command } from 'commander';
import { publicDer } from '../../host/fleet/enrol/certificates.ts';
import { EnrolClient } from '../../host/fleet/enrol/client.ts';
import { type Given, nonceFor } from '../../host/fleet/enrol/enrolment.ts';
import { type TargetOptions, withClient, withTarget } from '../client.ts';
import { Failure } from '../failure.ts';
import { readText } from '../files.ts';
import { untilInterrupted } from '../interruption.ts';
import { parseAddress } from '../options.ts';
import { checkOutputs } from '../outputs.ts';
import { printing, type Result } from '../result.ts';
import { serialOf, tokenOf } from './attest.ts';
import { keepCredential, recoverCredential } from './credential.ts';

export interface EnrolOptions {
  server: string;
  ca: string;
  cert: string;
  key: string;
}

const HELP = `
The server asks; the device signs the question together with a new key, its serial number and what it runs; the server gives a certificate for that key, good for
an hour ('coldrig fleet serve --devices'). Its name is the serial number, which is the device's name at the server. 'coldrig device renew' gets the next one without
the device, while this one lasts.

Example:
  coldrig device enrol --target udp://10.0.0.17:1337 --server https://fleet:9420 --ca ca.pem --cert rig-1.pem --key rig-1.key
  coldrig fleet agent 00000000000000000000000000000001 --server https://fleet:9420 --ca ca.pem --cert rig-1.pem --key rig-1.key

With --json: {ok, device, cert, key, until}.`;

export function enrolCommand(): Command {
  return withDoor(withTarget(new Command('enrol')))
    .description('have a device attest, and get a certificate for it')
    .addHelpText('after', HELP)
    .action(printing(enrol));
}

export function renewCommand(): Command {
  return withDoor(new Command('renew'))
    .description('get the next certificate with one that still lasts, for a new key')
    .addHelpText('after', '\nBoth files are replaced. With --json: {ok, cert, key, until}.')
    .action(printing(renew));
}

function withDoor(command: Command): Command {
  return command
    .requiredOption('--server <address>', 'the update server, https://host:port', parseAddress)
    .requiredOption('--ca <file>', "certificate of the server's authority")
    .requiredOption('--cert <file>', 'file of the certificate')
    .requiredOption('--key <file>', 'file of its private key');
}

function enrol(options: EnrolOptions & TargetOptions): Promise<Result> {
  checkFiles(options);
  const door = doorOf(options);
  return withClient(options, async (client, signal) => {
    const device = await serialOf(client, signal);
    const key = newKey();
    const publicKey = publicDer(key);
    const question = await asked(door.question(device, signal));
    const token = await tokenOf(client, nonceFor(question, publicKey), signal);
    const given = await asked(door.certificate({ device, question, key: publicKey, token }, signal));
    const { text, json } = keep(options, given, key);
    return { text: `device ${device} is enrolled; ${text}`, json: { device, ...json } };
  });
}

function renew(options: EnrolOptions): Promise<Result> {
  checkFiles(options);
  return untilInterrupted((signal) => renewed(options, signal));
}

function checkFiles({ cert, key, ca }: EnrolOptions): void {
  checkOutputs({ '--cert': [cert, 'the credential'], '--key': [key, 'the credential'] }, { '--ca': ca });
}

/** Puts the next certificate, and its key, in place of those in the files. */
export async function renewed(options: EnrolOptions, signal: AbortSignal): Promise<Result> {
  recoverCredential(options);
  const held = { cert: readText(options.cert, 'the certificate'), key: readText(options.key, 'its key') };
  const key = newKey();
  const { text, json } = keep(options, await asked(doorOf(options, held).renewal(publicDer(key), signal)), key);
  return { text: `renewed; ${text}`, json };
}

const newKey = () => generateKeyPairSync('ed25519').privateKey;

function doorOf({ server, ca }: EnrolOptions, held: { cert?: string; key?: string } = {}): EnrolClient {
  const tls = { ca: readText(ca, "the certificate of the server's authority"), ...held };
  try {
    return new EnrolClient({ server, tls });
  } catch (error) {
    throw failureOf(error);
  }
}

function keep({ cert, key }: EnrolOptions, { certificate, untilMs }: Given, made: KeyObject): Result {
  keepCredential({ cert, key }, { certificate, key: `${made.export({ type: 'pkcs8', format: 'pem' })}` });
  const until = new Date(untilMs).toISOString();
  return { text: `certificate in ${cert}, key in ${key}, good until ${until}`, json: { cert, key, until } };
}

const asked = <Value>(answer: Promise<Value>): Promise<Value> =>
  answer.catch((error) => {
    throw failureOf(error);
  });

function failureOf(error: unknown): unknown {
  if (!(error instanceof Error) || !['FleetServerError', 'DdiError'].includes(error.name)) return error;
  return new Failure('ENROL', error.message.replace(/^\S+: HTTP \d+: /, 'the server refuses: '), { cause: error });
}
