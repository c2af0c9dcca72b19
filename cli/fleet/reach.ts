// How a command reaches the update server: its address, and the token of the operator.

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
  token: string;
  ca?: string;
}

export function withServer(command: Command): Command {
  return command
    .option('--server <address>', 'the update server', parseAddress, `http://${usualServer.host}:${usualServer.port}`)
    .option('--token <file>', "file with the operator's token", tokenFileOf(usualFolder))
    .option('--ca <file>', "certificate of the server's authority, with https");
}

/** Ctrl-C ends the work. */
export function withManager<Result>(
  { server, token, ca }: ReachOptions,
  work: (client: ManageClient, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const options = {
    ...{ server, token: readText(token, "the operator's token").trim(), person: userInfo().username },
    ...(ca !== undefined && { ca: readText(ca, 'the certificate') }),
  };
  return untilInterrupted((signal) => work(new ManageClient(options), signal).catch((error) => failed(error)));
}

function failed(error: unknown): never {
  if (error instanceof Error && error.name === 'FleetServerError')
    throw new Failure('FLEET', error.message.replace(/^\S+: HTTP \d+: /, ''), { cause: error });
  throw error;
}
