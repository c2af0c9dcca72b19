// `coldrig gateway`: takes the telemetry of devices into a log on disk, and passes it on. Thin over host/telemetry/run-gateway.ts.

import { hostname } from 'node:os';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { personPermit } from '../../host/fleet/access/permit.ts';
import { type NatsServer, natsPlace } from '../../host/links/nats-place.ts';
import {
  cryostatWords,
  GatewayConfigError,
  isCryostat,
  knownCryostat,
  readConfig,
} from '../../host/telemetry/gateway/config.ts';
import { type HttpPlace, usualPlace } from '../../host/telemetry/metrics/serve.ts';
import { type RunOptions, runGateway } from '../../host/telemetry/run-gateway.ts';
import { hostTime } from '../../host/telemetry/time.ts';
import { planOfChain } from '../../host/tools/calibration/plan-of-chain.ts';
import { parseTarget } from '../../host/tools/smp/target.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { freshClaim } from '../calibrate/device.ts';
import { openRecords } from '../calibrate/folder.ts';
import { ExitCode, Failure } from '../failure.ts';
import { openPolicy } from '../fleet/doors.ts';
import { endedFromOutside } from '../interruption.ts';
import { collect, integerBetween, parsePlace } from '../options.ts';
import { openChain } from '../readout/open.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { gatewayFailure } from '../telemetry/gateway-failure.ts';
import { lineOf } from '../telemetry/gateway-lines.ts';
import { counted } from '../words.ts';

interface GatewayOptions extends GlobalOptions {
  target?: string[];
  cryostat: string;
  name?: string;
  log: string;
  stream?: string;
  logMib: number;
  logHours: number;
  upstream?: string;
  accept?: HttpPlace;
  embedded?: boolean;
  listen?: HttpPlace;
  notify?: string;
  pageUrl?: string;
  ca?: string;
  cert?: string;
  key?: string;
  crl?: string;
  calibrate?: string;
  calibrateAs?: string;
  people?: string;
  policy?: string;
  records: string;
}

const usualAddress = `${usualPlace.host}:${usualPlace.port}`;

const HELP = `
A device forgets a record when it is in the log, on disk. The log keeps what was not passed on, up to --log-mib and --log-hours; when it is full, bulk
is refused first, then heartbeats, critical records last, and devices keep what was refused as long as they have room. What is missing, was given up or
cannot be read is itself a record. Ctrl-C leaves the log clean, and kill -9 loses nothing that a device was told.

The file, instead of --target:
  name: north-1
  cryostat: north
  devices:
    - target: udp://10.0.0.17:1337
    - target: serial:///dev/ttyUSB0
      cryostat: site/south

A cryostat is known as NAME/CRYOSTAT, the name of its gateway in front, so that two fridges of one name stay two. Gateways that share one write it in full, with a slash.

Examples:
  coldrig gateway --target udp://127.0.0.1:1337 --log telemetry
  coldrig gateway north.yaml --log telemetry --embedded        http://127.0.0.1:9410/, and /metrics for a Prometheus
  coldrig gateway north.yaml --log telemetry --embedded --notify http://127.0.0.1:9095/pager
  coldrig gateway north.yaml --log telemetry --embedded --calibrate lab.yaml --calibrate-as robot.token --people people.json
  coldrig gateway north.yaml --log telemetry --upstream nats://hub:4222
  coldrig gateway north.yaml --log telemetry --stream nats://127.0.0.1:4222 --upstream nats://hub:4222
  coldrig gateway north.yaml --upstream tls://hub:9411 --ca ca.pem --cert north.pem --key north.key
  coldrig gateway --accept 0.0.0.0:9411 --ca ca.pem --cert hub.pem --key hub.key --crl revoked.pem    a hub for other gateways

With --json: one line an event, {event: ready | device | silent | refused | renumbered | gave-up | clock-stepped | log-damaged | stream | upstream | notify | gateway | gone | status, ...}, status every
ten seconds with {answering, end, bytes, bytesMost, lag, stored, repeats, refused, quarantined, delivered}; at the end {ok, end, stored, lag}.
docs/telemetry.md says what is promised, and what to do when the disk is full.`;

export function addGatewayCommand(program: Command): void {
  program.addCommand(
    new Command('gateway')
      .description(
        'keep the telemetry of devices in a log on disk, and pass it on; no record is lost or passed on twice',
      )
      .argument('[file]', 'devices, as YAML')
      .option(
        '--target <place>',
        'a device: udp://host:port, serial:///dev/ttyX or serial://host:port; may be repeated',
        collect,
      )
      .option(
        '--cryostat <name>',
        'which cryostat its devices are in; known as NAME/<name>, or as it stands where it has a slash',
        parseCryostat,
        'cryostat',
      )
      .option('--name <name>', 'of this gateway, different for each (default: the name of the host)', parseName)
      .option('--log <folder>', 'the log; it is made when it is not there', 'coldrig-telemetry')
      .option(
        '--stream <url>',
        'keep the records in a stream of this NATS server instead, nats://host:port; --log then has its lock and what cannot be read',
      )
      .option('--log-mib <MiB>', 'what the log may hold', integerBetween(1, 1 << 20), 1024)
      .option(
        '--log-hours <hours>',
        'how long records may wait in it; a stream has no such bound',
        integerBetween(1, 8760),
        48,
      )
      .option(
        '--upstream <url>',
        'pass records on: nats://host:port (over TLS with --ca, --cert and --key), or tls://host:port of another gateway',
      )
      .option('--accept <host:port>', 'take records of other gateways over TLS', parsePlace)
      .option('--embedded', `keep the series of 24 hours, and serve them with alerts and a page at ${usualAddress}`)
      .option(
        '--listen <host:port>',
        'like --embedded, at this address instead of one that only this machine can reach',
        parsePlace,
      )
      .option(
        '--notify <url>',
        "tell a webhook of alerts, as Alertmanager's webhooks are told (version 4 of its JSON); with --embedded",
        parseHttpUrl,
      )
      .option('--page-url <url>', 'how others reach the page: for the links in what --notify tells', parseHttpUrl)
      .option(
        '--calibrate <chain>',
        'calibrate a readout channel when its SNR falls below the limit; what is in front of the devices: a preset, or a file; with --embedded',
      )
      .option('--calibrate-as <file>', 'token of the technician in whose name it calibrates; it ends within a day')
      .option('--people <file>', 'who the people are: people.json of the fleet')
      .option('--policy <file>', 'who may calibrate here, in Cedar (default: that of the package)')
      .option('--records <folder>', 'records of these calibrations, a folder for each device', 'calibration')
      .option('--ca <file>', 'certificate of the authority that both ends of a link trust')
      .option('--cert <file>', 'certificate of this gateway')
      .option('--key <file>', 'its key')
      .option('--crl <file>', 'revoked certificates; read again when it changes')
      .addHelpText('after', HELP)
      .action(printing((options: GatewayOptions, file: string | undefined) => run(options, file))),
  );
}

function notifyOf({ embedded, listen, pageUrl }: GatewayOptions, webhook: string): RunOptions['notify'] {
  if (!embedded && listen === undefined)
    throw usage(
      '--notify needs --embedded: without it the gateway judges no alerts; with Prometheus, Alertmanager tells them',
    );
  return { webhook, ...(pageUrl !== undefined && { pageUrl: pageUrl.endsWith('/') ? pageUrl : `${pageUrl}/` }) };
}

function calibrationOf(options: GatewayOptions, chain: string): RunOptions['calibration'] {
  const { embedded, listen, records, calibrateAs: token, people } = options;
  if (!embedded && listen === undefined)
    throw usage('--calibrate needs --embedded: what asks for a calibration is seen by what watches the log');
  if (token === undefined || people === undefined)
    throw usage(
      "--calibrate needs --calibrate-as and --people: nothing is calibrated without a person's credential ('coldrig fleet person add robot --role technician --days 1 --token-out robot.token' makes one)",
    );
  const built = openChain(chain);
  const policy = openPolicy(options.policy);
  return {
    ...{ planOf: (channels) => planOfChain(built, channels), claim: freshClaim },
    recordsOf: (device) => openRecords(join(records, device)),
    permits: (device, during) => personPermit({ token, people }, policy, { verb: 'calibrate', device }, during),
  };
}

function parseHttpUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol))
    throw new InvalidArgumentError('expected http://… or https://…');
  return new URL(text).href;
}

function parseCryostat(text: string): string {
  if (isCryostat(text)) return text;
  throw new InvalidArgumentError(cryostatWords);
}

function parseName(text: string): string {
  if (/^[\w-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('expected at most 64 letters, digits, - and _');
}

async function run(options: GatewayOptions, file: string | undefined): Promise<Result> {
  const { json, log: folder } = options;
  const config = configOf(options, file);
  if (options.policy !== undefined && options.calibrate === undefined)
    throw usage('--policy is about what is done to devices here: it needs --calibrate');
  const name =
    options.name ??
    config.name ??
    hostname()
      .replace(/[^\w-]/g, '-')
      .slice(0, 64);
  const devices = config.devices.map(({ target, cryostat }) => ({ target, cryostat: knownCryostat(name, cryostat) }));
  const stop = new AbortController();
  const runOptions: RunOptions = {
    ...{ name, version: packageFile.version, folder, devices, time: hostTime },
    ...{ bytesMost: options.logMib * 1024 * 1024, hoursMost: options.logHours },
    ...links(options),
    ...(options.calibrate !== undefined && { calibration: calibrationOf(options, options.calibrate) }),
    ...((options.embedded || options.listen) && { embedded: { place: options.listen ?? usualPlace } }),
    ...(options.notify !== undefined && { notify: notifyOf(options, options.notify) }),
    onEvent: (event) => process.stdout.write(json ? `${JSON.stringify(event)}\n` : lineOf(event)),
  };
  let ended: Awaited<ReturnType<typeof runGateway>> | undefined;
  await endedFromOutside(
    () => stop.abort(new Error('interrupted')),
    async () => {
      ended = await runGateway(runOptions, stop.signal).catch((error) => {
        throw gatewayFailure(error);
      });
    },
  );
  const { end, stored, lag } = ended as Awaited<ReturnType<typeof runGateway>>;
  const waiting = Object.values(lag).reduce((most, one) => Math.max(most, one), 0);
  return {
    text: `the log ${folder} is closed: ${counted(stored, 'record')} stored, ${waiting} not passed on yet`,
    json: { end, stored, lag },
  };
}

function configOf(options: GatewayOptions, file: string | undefined) {
  const targets = options.target ?? [];
  try {
    for (const target of targets) parseTarget(target);
    const config = file === undefined ? { devices: [] } : readConfig(file, options.cryostat);
    const devices = [...config.devices, ...targets.map((target) => ({ target, cryostat: options.cryostat }))];
    if (devices.length === 0 && options.accept === undefined)
      throw usage('it has no devices: give a file, --target, or --accept for records of other gateways');
    return { ...config, devices };
  } catch (error) {
    if (error instanceof GatewayConfigError) throw new Failure('GATEWAY_FILE', error.message);
    throw error;
  }
}

const usage = (message: string) => new Failure('OPTION', message, { exitCode: ExitCode.USAGE });

function links(options: GatewayOptions): Pick<RunOptions, 'upstream' | 'accept' | 'stream'> {
  const { upstream, accept, crl, stream } = options;
  const found: Pick<RunOptions, 'upstream' | 'accept' | 'stream'> = {};
  if (stream !== undefined) found.stream = streamOf(options, stream);
  if (accept !== undefined) found.accept = { place: accept, files: { ...filesOf(options), crl } };
  if (upstream?.startsWith('nats://') && URL.canParse(upstream))
    found.upstream = { kind: 'nats', server: natsOf(options, upstream) };
  else if (upstream !== undefined)
    found.upstream = { kind: 'tls', place: placeOfTls(upstream), files: filesOf(options) };
  return found;
}

function streamOf(options: GatewayOptions, url: string): NatsServer {
  const { embedded, listen, upstream } = options;
  const server: NatsServer = { url };
  const place = url.startsWith('nats://') ? natsPlace(server) : undefined;
  if (place === undefined) throw usage(`--stream: '${url}' is no address: expected nats://host:port`);
  if (embedded || listen !== undefined)
    throw usage(
      '--embedded watches a log on disk: leave --stream out, or let coldrig ingest take the stream into a store',
    );
  if (upstream?.startsWith('nats://') && natsPlace({ url: upstream })?.host === place.host)
    throw usage('--stream and --upstream are one server: who reads the stream has the records already');
  return server;
}

/** Over TLS where there are files. */
function natsOf(options: GatewayOptions, url: string): NatsServer {
  const { ca, cert, key } = options;
  return ca === undefined && cert === undefined && key === undefined ? { url } : { url, files: filesOf(options) };
}

function placeOfTls(upstream: string): HttpPlace {
  try {
    if (upstream.startsWith('tls://')) return parsePlace(upstream.slice('tls://'.length));
  } catch {
    // Said below.
  }
  throw usage(`--upstream: '${upstream}' is no address: expected nats://host:port or tls://host:port`);
}

function filesOf({ ca, cert, key }: GatewayOptions) {
  if (ca !== undefined && cert !== undefined && key !== undefined) return { ca, cert, key };
  throw usage('a link over TLS needs --ca, --cert and --key');
}
