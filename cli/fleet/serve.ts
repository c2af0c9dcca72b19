// `coldrig fleet serve` and `agent`: the update server, and the agent that brings updates to devices.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { Agent, type AgentEvent } from '../../host/fleet/agent/agent.ts';
import { AgentJournal } from '../../host/fleet/agent/journal.ts';
import { runAgents } from '../../host/fleet/agent/run.ts';
import { DdiClient } from '../../host/fleet/ddi/client.ts';
import { httpFiles, RepositoryReader } from '../../host/fleet/repository/reader.ts';
import { type ServeEvent, serveFleet } from '../../host/fleet/serve.ts';
import { hostTime } from '../../host/telemetry/time.ts';
import { SmpClient } from '../../host/tools/smp/index.ts';
import { parseTarget } from '../../host/tools/smp/target.ts';
import { Failure } from '../failure.ts';
import { readInput, readText } from '../files.ts';
import { verdictText } from '../flash-words.ts';
import { endedFromOutside } from '../interruption.ts';
import { integerBetween, parseAddress, parsePlace, parseSeconds } from '../options.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { systemReason } from '../system-error.ts';
import { counted } from '../words.ts';
import { usualFolder, usualServer } from './reach.ts';
import { eventText } from './words.ts';

interface ServeOptions extends GlobalOptions {
  folder: string;
  repository: string;
  listen: { host: string; port: number };
  tenant: string;
  poll: number;
  cert?: string;
  key?: string;
  ca?: string;
  people?: string;
  policy?: string;
  gateway?: string;
  prometheus?: string;
}

const SERVE_HELP = `
Devices ask over hawkBit's device API (DDI) at ADDRESS/TENANT/controller/v1/DEVICE, with their token ('coldrig fleet device add') or, over TLS, with a
certificate of the authority of --ca whose name is the device's. People ask with the operator's token, which is made in the folder; with --people each with a
credential of their own ('coldrig fleet person add'), and may what the policy permits.
What is decided is on disk before anybody is told. Ctrl-C and kill -9 lose nothing. What was asked, by whom, and what was refused is in the folder's audit
log: coldrig audit verify FOLDER/audit --key FOLDER/audit.vkey

Example:
  coldrig fleet serve --repository repository --listen 0.0.0.0:9420 --cert server.pem --key server.key --ca devices.pem

With --json: one line an event, {event: ready | fleet | repository | trouble, …}; at the end {ok}.`;

export function serveCommand(): Command {
  return new Command('serve')
    .description('serve updates to devices, and rollouts to people')
    .option('--folder <folder>', 'where its log and its token are; it is made when it is not there', usualFolder)
    .option('--repository <folder>', "releases, as 'coldrig fleet release' keeps them", 'coldrig-releases')
    .addOption(
      new Option('--listen <host:port>', 'where')
        .argParser(parsePlace)
        .default(usualServer, `${usualServer.host}:${usualServer.port}`),
    )
    .option('--tenant <name>', 'part of the address for devices', 'default')
    .option('--poll <seconds>', 'how often a device should ask; each has a time of its own near it', parseSeconds, 30)
    .option('--cert <file>', 'certificate, for TLS')
    .option('--key <file>', 'its key')
    .option('--ca <file>', "authority of devices' certificates")
    .option('--people <file>', 'who is let in, in place of whoever has the operator’s token')
    .option('--policy <file>', 'who may do what, in Cedar, in place of the policy of the package; needs --people')
    .option('--gateway <address>', "readings for the gates of rings: from 'coldrig gateway --listen'", parseAddress)
    .option('--prometheus <address>', 'the same, from a Prometheus', parseAddress)
    .addHelpText('after', SERVE_HELP)
    .action(printing((options: ServeOptions) => serve(options)));
}

async function serve(options: ServeOptions): Promise<Result> {
  const { folder, repository, listen, tenant, poll, cert, key, ca, people, policy, gateway, prometheus, json } =
    options;
  if ((cert === undefined) !== (key === undefined))
    throw new Failure('OPTION', 'TLS needs --cert and --key', { exitCode: 2 });
  if (policy !== undefined && people === undefined)
    throw new Failure('OPTION', 'a policy needs --people: with one token for all there is nobody to tell apart', {
      exitCode: 2,
    });
  if (gateway !== undefined && prometheus !== undefined)
    throw new Failure('OPTION', 'readings come from one of --gateway and --prometheus', { exitCode: 2 });
  const readings =
    gateway !== undefined
      ? ({ kind: 'gateway', address: gateway } as const)
      : prometheus !== undefined
        ? ({ kind: 'prometheus', address: prometheus } as const)
        : undefined;
  const tls = cert === undefined || key === undefined ? undefined : { cert, key, ...(ca !== undefined && { ca }) };
  const stop = new AbortController();
  await endedFromOutside(
    () => stop.abort(new Error('interrupted')),
    () =>
      serveFleet(
        {
          ...{
            folder,
            repository,
            ...listen,
            tls,
            tenant,
            pollSeconds: poll,
            time: hostTime,
            people,
            policy,
            readings,
          },
          onEvent: (event) => print(json ? JSON.stringify(event) : serveText(event)),
        },
        stop.signal,
      ).catch((error) => {
        throw failureOf(error);
      }),
  );
  return { text: `the fleet ${folder} is closed`, json: {} };
}

const print = (line: string | undefined) => {
  if (line !== undefined) process.stdout.write(`${line}\n`);
};

function serveText(event: ServeEvent): string | undefined {
  switch (event.event) {
    case 'ready':
      return `${counted(event.devices, 'device')}, ${counted(event.releases, 'release')}; serving ${event.origin}${event.tokenFile === null ? '' : `, token in ${event.tokenFile}`}; Ctrl-C ends it`;
    case 'fleet':
      return eventText(event.what);
    case 'repository':
      return `the repository has ${counted(event.releases, 'release')} now`;
    case 'trouble':
      return `trouble: ${event.reason}`;
  }
}

function failureOf(error: unknown): unknown {
  if (error instanceof Error && (error.name === 'LogError' || error.name === 'AuditError'))
    return new Failure('FLEET_LOG', error.message, { cause: error });
  if (error instanceof Error && error.name === 'AccessError')
    return new Failure('ACCESS', error.message, { cause: error });
  const reason = systemReason(error);
  const { path, syscall, port } = error as NodeJS.ErrnoException & { port?: number };
  if (reason === undefined) return error;
  const what = syscall === 'listen' ? `port ${port} cannot be listened on` : `${path ?? 'a file'} cannot be read`;
  return new Failure('FLEET', `${what}: ${reason}; choose another with --listen`, { cause: error });
}

interface AgentCommandOptions extends GlobalOptions {
  server: string;
  tenant: string;
  target: string;
  token?: string;
  ca?: string;
  cert?: string;
  key?: string;
  root?: string;
  repository?: string;
  folder: string;
  watch: number;
  poll?: number;
  bootloader?: string;
}

const AGENT_HELP = `
It asks the server, loads the image, checks it against the metadata of the repository (--root), the security counter and the board of the device, flashes it by
SMP, watches its trial, confirms it or sees it rolled back, and tells the server. What it did is in its folder: it may be killed at any time.

Without --root an image is checked by its own signature alone, by the device. That is for a server that has no repository.

Example:
  coldrig fleet agent rig-1 --target udp://10.0.0.17:1337 --token rig-1.token --root root.json --server https://fleet:9420 --ca ca.pem

With --json: one line an event, {event: begun | refused | ended | cancelled | trouble, device, …}; at the end {ok}.`;

export function agentCommand(): Command {
  return new Command('agent')
    .description('bring updates of a server to a device')
    .argument('<device>', 'its name at the server')
    .option(
      '--server <address>',
      'the update server, this one or another that speaks DDI',
      parseAddress,
      `http://${usualServer.host}:${usualServer.port}`,
    )
    .option('--tenant <name>', 'part of the address for devices', 'default')
    .option('--target <place>', 'udp://host:port, serial:///dev/ttyX or serial://host:port', 'udp://127.0.0.1:1337')
    .option('--token <file>', 'file with the token of the device')
    .option('--ca <file>', "certificate of the server's authority, with https")
    .option('--cert <file>', 'certificate of the device, in place of a token')
    .option('--key <file>', 'its key')
    .option('--root <file>', 'root of the repository that is trusted from the beginning')
    .option('--repository <address>', 'where the repository is (default: at the server)', parseAddress)
    .option('--folder <folder>', 'where it keeps what it has done', 'coldrig-agent')
    .option('--watch <seconds>', 'how long a trial is watched', parseSeconds, 5)
    .option('--poll <seconds>', 'how often it asks, in place of what the server says', integerBetween(1, 86_400))
    .option('--bootloader <version>', 'version of its bootloader, for releases that need a newer one')
    .addHelpText('after', AGENT_HELP)
    .action(printing((options: AgentCommandOptions, device: string) => runAgent(options, device)));
}

async function runAgent(options: AgentCommandOptions, device: string): Promise<Result> {
  const { json, folder, target, watch, bootloader, poll } = options;
  parseTarget(target);
  mkdirSync(join(folder, device), { recursive: true });
  const tell = (event: AgentEvent | { event: 'trouble'; device: string; reason: string }) =>
    print(json ? JSON.stringify(event) : agentText(event));
  const agent = new Agent({
    ...{ device, server: serverOf(options, device), time: hostTime, watchMs: watch * 1000 },
    open: (signal) => SmpClient.open(target, { firstSequence: process.pid & 0xff, signal }),
    journal: new AgentJournal(join(folder, device, 'journal.json')),
    ...(options.root !== undefined && { metadata: metadataOf(options, device) }),
    ...(bootloader !== undefined && { bootloaderVersion: bootloader }),
    words: verdictText,
    onEvent: tell,
  });
  const stop = new AbortController();
  await endedFromOutside(
    () => stop.abort(new Error('interrupted')),
    () =>
      runAgents(
        [{ device, agent }],
        {
          ...{ time: hostTime, ...(poll !== undefined && { pollSeconds: poll }) },
          onTrouble: (of, { message }) => tell({ event: 'trouble', device: of, reason: message }),
        },
        stop.signal,
      ),
  );
  return { text: 'the agent has ended', json: {} };
}

function serverOf({ server, tenant, token, ca, cert, key }: AgentCommandOptions, device: string): DdiClient {
  return new DdiClient({
    ...{ server, tenant, device, time: hostTime, tls: { ca, cert, key } },
    ...(token !== undefined && { token: readText(token, 'the token').trim() }),
  });
}

function metadataOf({ root, repository, server, ca, folder }: AgentCommandOptions, device: string): RepositoryReader {
  const tls = ca === undefined ? {} : { ca: readText(ca, 'the certificate') };
  return new RepositoryReader({
    ...{ folder: join(folder, device, 'trusted'), root: readInput(root ?? '', 'the root') },
    read: httpFiles(repository ?? `${server}/repository`, tls),
  });
}

function agentText(event: AgentEvent | { event: 'trouble'; device: string; reason: string }): string {
  switch (event.event) {
    case 'begun':
      return `${event.device}: action ${event.action} begins, version ${event.version}`;
    case 'cancelled':
      return `${event.device}: action ${event.action} ${event.done ? 'was given up' : 'cannot be given up'}: ${event.detail}`;
    case 'trouble':
      return `${event.device}: ${event.reason}`;
    default:
      return `${event.device}: action ${event.action} ${event.success ? 'done' : 'failed'}: ${event.detail}`;
  }
}
