// How a command reaches the update server: its address, and the token or the certificate of who asks.

import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import { ManageClient } from '../../host/fleet/manage/client.ts';
import { tokenFileOf } from '../../host/fleet/serve.ts';
import { Failure } from '../failure.ts';
import { readText } from '../files.ts';
import { untilInterrupted } from '../interruption.ts';
import { parseAddress } from '../options.ts';

export const usualServer = { host: '127.0.0.1', port: 9420 };
export const usualFolder = 'coldrig-fleet';

export interface ReachOptions {
  server: string;
  token?: string;
  ca?: string;
  cert?: string;
  key?: string;
}

export function withServer(command: Command): Command {
  return command
    .option('--server <address>', 'the update server', parseAddress, `http://${usualServer.host}:${usualServer.port}`)
    .option(
      '--token <file>',
      `file with your token (default: ${tokenFileOf(usualFolder)}, the operator's, without --cert)`,
    )
    .option('--ca <file>', "certificate of the server's authority, with https")
    .option('--cert <file>', 'your certificate, in place of a token, with https')
    .option('--key <file>', 'its key');
}

/** The files that are read to reach the server, by their options. */
export const credentialsOf = ({ token, ca, cert, key }: ReachOptions) => ({
  ...{ '--token': token, '--ca': ca, '--cert': cert, '--key': key },
});

/** A certificate, or several, as PEM. */
export function readCertificate(path: string): string {
  const text = readText(path, 'the certificate');
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new Failure('CERTIFICATE', `${path} holds no certificate; expected PEM with 'BEGIN CERTIFICATE'`);
}

/** What a file with a token holds, which goes into a header of HTTP. */
export function readToken(path: string): string {
  const text = readText(path, 'the token').trim();
  if (/^[\x21-\x7e]+$/.test(text)) return text;
  const found = text === '' ? 'is empty' : 'has spaces or characters that no token has';
  throw new Failure('TOKEN', `the token ${path} ${found}; expected a token on one line, as --token-out writes it`);
}

function operatorToken(path: string): string {
  if (existsSync(path)) return readToken(path);
  throw new Failure(
    'TOKEN',
    `there is no operator's token at ${path}; give your own with --token or --cert, or call this beside the server's folder`,
  );
}

/** Ctrl-C ends the work. */
export function withManager<Result>(
  { server, token, ca, cert, key }: ReachOptions,
  work: (client: ManageClient, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  if ((cert === undefined) !== (key === undefined))
    throw new Failure('OPTION', 'a certificate needs --cert and --key', { exitCode: 2 });
  const file = token ?? (cert === undefined ? tokenFileOf(usualFolder) : undefined);
  const pem = (path: string | undefined, what: string) => (path === undefined ? undefined : readText(path, what));
  const options = {
    ...{ server, person: userInfo().username },
    ...(file !== undefined && { token: token === undefined ? operatorToken(file) : readToken(file) }),
    tls: {
      ca: ca === undefined ? undefined : readCertificate(ca),
      cert: pem(cert, 'the certificate'),
      key: pem(key, 'the key'),
    },
  };
  return untilInterrupted((signal) => work(new ManageClient(options), signal).catch((error) => failed(error)));
}

function failed(error: unknown): never {
  if (error instanceof Error && error.name === 'FleetServerError')
    throw new Failure('FLEET', error.message.replace(/^\S+: HTTP \d+: /, ''), { cause: error });
  throw error;
}
