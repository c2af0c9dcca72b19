// `coldrig fleet serve` and `agent`: the update server, and the agent that brings updates to devices.

import { Command, Option } from 'commander';
import { type ServeEvent, serveFleet } from '../../host/fleet/serve.ts';
import { hostTime } from '../../host/telemetry/time.ts';
import { Failure } from '../failure.ts';
import { endedFromOutside } from '../interruption.ts';
import { parseAddress, parsePlace, parseSeconds } from '../options.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { systemText } from '../system-error.ts';
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
  devices?: string;
  references?: string;
  gateway?: string;
  prometheus?: string;
  alertmanager?: boolean;
}

const SERVE_HELP = `
Devices ask over hawkBit's device API (DDI) at ADDRESS/TENANT/controller/v1/DEVICE, with their token ('coldrig fleet device add') or, over TLS, with a
certificate of the authority of --ca whose name is the device's. People ask with the operator's token, which is made in the folder; with --people each with a
credential of their own ('coldrig fleet person add'), and may what the policy permits.
ADDRESS in a browser is a page of the same. With --devices and --references a device that attests gets a certificate of an hour ('coldrig device enrol'), of an
authority that is made in the folder. What is decided is on disk before anybody is told. Ctrl-C and kill -9 lose nothing. What was asked, by whom, and what was refused is in the folder's audit
log: coldrig audit verify FOLDER/audit --key FOLDER/audit.vkey

With --alertmanager the webhook shows the token in FOLDER/alerts.token, and an alert 'Watchdog' that always fires says that Alertmanager is there (docs/fleet.md).

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
    .option('--devices <file>', 'keys of devices that may attest, and then get a certificate of an hour; needs TLS')
    .option('--references <file>', "what releases measure ('coldrig device references'); needed with --devices")
    .option('--gateway <address>', "readings for the gates of rings: from 'coldrig gateway --listen'", parseAddress)
    .option('--prometheus <address>', 'the same, from a Prometheus', parseAddress)
    .option('--alertmanager', 'alerts for the gates from an Alertmanager: its webhook posts to ADDRESS/alerts')
    .addHelpText('after', SERVE_HELP)
    .action(printing((options: ServeOptions) => serve(options)));
}

async function serve(options: ServeOptions): Promise<Result> {
  const {
    folder,
    repository,
    listen,
    tenant,
    poll,
    cert,
    key,
    ca,
    people,
    policy,
    gateway,
    prometheus,
    alertmanager,
    json,
  } = options;
  const enrol = enrolOf(options);
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
            enrol,
            readings,
            hasAlertmanager: alertmanager,
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

function enrolOf({ devices, references, cert }: ServeOptions): { devices: string; references: string } | undefined {
  if (devices === undefined && references === undefined) return undefined;
  if (devices === undefined || references === undefined || cert === undefined)
    throw new Failure('OPTION', 'devices that attest need --devices, --references, and TLS: --cert and --key', {
      exitCode: 2,
    });
  return { devices, references };
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
  if (error instanceof Error && ['AttestationError', 'EnrolError'].includes(error.name))
    return new Failure((error as Error & { code: string }).code, error.message, { cause: error });
  if (error instanceof Error && error.name === 'AccessError')
    return new Failure('ACCESS', error.message, { cause: error });
  const text = systemText(error, '--listen');
  return text === undefined ? error : new Failure('FLEET', text, { cause: error });
}
