// `coldrig ingest`: takes the records of gateways into a store. Thin over host/telemetry/run-ingest.ts.

import { hostname } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import type { HttpPlace } from '../../host/telemetry/metrics/serve.ts';
import { type IngestOptions, type RunIngestEvent, runIngest } from '../../host/telemetry/run-ingest.ts';
import { hostTime } from '../../host/telemetry/time.ts';
import { ExitCode, Failure } from '../failure.ts';
import { endedFromOutside } from '../interruption.ts';
import { parseAddress, parsePlace, parseShard, secondsUpTo } from '../options.ts';
import { type GlobalOptions, printing, type Result } from '../result.ts';
import { gatewayFailure } from '../telemetry/gateway-failure.ts';
import { counted } from '../words.ts';

interface IngestCommandOptions extends GlobalOptions {
  store: string;
  accept?: { host: string; port: number };
  nats?: string;
  ca?: string;
  cert?: string;
  key?: string;
  crl?: string;
  log: string;
  name?: string;
  part?: { number: number; of: number };
  resolution: number;
}

const HELP = `
A store is a Prometheus (--web.enable-remote-write-receiver), a VictoriaMetrics, or any other that takes remote write. Give a Prometheus a window for late
samples that is longer than the longest outage: storage.tsdb.out_of_order_time_window: 48h.

What the store cannot take now is tried again; what it refuses for ever is given up, counted and told, and holds up nothing. kill -9 loses nothing and puts nothing
there twice. Its own figures, the latency of ingestion among them, go to the store too, with the label ingester.

Examples:
  coldrig ingest --store http://127.0.0.1:9090 --accept 0.0.0.0:9411 --ca ca.pem --cert hub.pem --key hub.key
  coldrig ingest --store http://127.0.0.1:9090 --nats nats://hub:4222 --log ingest
  coldrig ingest --store http://user:word@store:8428 --accept 0.0.0.0:9411 --ca ca.pem --cert hub.pem --key hub.key --crl revoked.pem --log ingest

With --json: one line an event, {event: ready | store | stream | stream-anew | refused | unreadable | gateway | gone | status, ...}, status every ten seconds with
{records, samples, refused, repeats, lag}; at the end {ok, records, samples, refused, repeats, lag}.`;

export function addIngestCommand(program: Command): void {
  program.addCommand(
    new Command('ingest')
      .description('take the records of gateways into a Prometheus or a VictoriaMetrics')
      .requiredOption('--store <url>', 'the store; without a path, /api/v1/write is meant', parseAddress)
      .option('--accept <host:port>', 'take records of gateways over TLS', parsePlace)
      .option('--nats <url>', 'or take those that gateways gave to a NATS server: nats://host:port', parseNats)
      .option('--ca <file>', 'certificate of the authority that both ends of a link trust')
      .option('--cert <file>', 'certificate of this ingester')
      .option('--key <file>', 'its key')
      .option('--crl <file>', 'revoked certificates; read again when it changes')
      .option('--log <folder>', 'its log and its state; it is made when it is not there', 'coldrig-ingest')
      .option('--name <name>', 'name of this ingester; each has its own (default: the name of the host)', parseName)
      .option('--part <i/n>', 'take only the i-th of n parts of the devices, for several ingesters', parseShard)
      .option('--resolution <seconds>', 'write a series at most once in this time', secondsUpTo(60), 5)
      .addHelpText('after', HELP)
      .action(printing((options: IngestCommandOptions) => run(options))),
  );
}

function parseName(text: string): string {
  if (/^[\w.-]{1,64}$/.test(text)) return text;
  throw new InvalidArgumentError('expected at most 64 letters, digits, -, _ and points');
}

function parseNats(text: string): string {
  if (text.startsWith('nats://') && URL.canParse(text)) return text;
  throw new InvalidArgumentError('expected nats://host:port, or nats://user:password@host:port');
}

const usage = (message: string) => new Failure('OPTION', message, { exitCode: ExitCode.USAGE });

function sourceOf({ accept, nats, ca, cert, key, crl }: IngestCommandOptions): IngestOptions['from'] {
  if ((accept === undefined) === (nats === undefined))
    throw usage('where do records come from? Give --accept or --nats, one of the two');
  const isTls = ca !== undefined || cert !== undefined || key !== undefined;
  if (nats !== undefined && !isTls) return { nats: { url: nats } };
  if (ca === undefined || cert === undefined || key === undefined)
    throw usage('a link over TLS needs --ca, --cert and --key');
  if (nats !== undefined) return { nats: { url: nats, files: { ca, cert, key } } };
  return { accept: { place: accept as HttpPlace, files: { ca, cert, key, crl } } };
}

async function run(options: IngestCommandOptions): Promise<Result> {
  const { json, store, log: folder, part, resolution } = options;
  const from = sourceOf(options);
  const stop = new AbortController();
  let ended: Awaited<ReturnType<typeof runIngest>> | undefined;
  await endedFromOutside(
    () => stop.abort(new Error('interrupted')),
    async () => {
      ended = await runIngest(
        {
          ...{ name: options.name ?? hostname().slice(0, 64), folder, store, part, time: hostTime },
          ...{ from, resolutionSeconds: resolution },
          onEvent: (event) => process.stdout.write(json ? `${JSON.stringify(event)}\n` : lineOf(event)),
        },
        stop.signal,
      ).catch((error) => {
        throw gatewayFailure(error);
      });
    },
  );
  const totals = ended as Awaited<ReturnType<typeof runIngest>>;
  const lag = totals.lag < 0 ? 'the stream did not answer' : `${totals.lag} not in the store yet`;
  return {
    text: `${counted(totals.records, 'record')} taken, ${lag}`,
    json: { ...totals },
  };
}

function lineOf(event: RunIngestEvent): string {
  switch (event.event) {
    case 'ready':
      return `store ${event.store}, records from ${event.nats ?? `gateways on port ${event.accept}`}; Ctrl-C ends it\n`;
    case 'store':
    case 'stream':
      return `the ${event.event} is ${event.state === 'connected' ? 'there' : 'away'}${event.reason === undefined ? '' : `: ${event.reason}`}\n`;
    case 'stream-anew':
      return `${event.reason}\n`;
    case 'unreadable':
      return 'device' in event ? `a record of ${event.device} cannot be read: ${event.reason}\n` : `${event.reason}\n`;
    case 'gateway':
      return `gateway ${event.from} is here\n`;
    case 'gone':
      return `gateway ${event.from} has gone: ${event.reason}\n`;
    case 'refused':
      return 'samples' in event
        ? `the store refuses ${counted(event.samples, 'sample')} for ever: ${event.reason}\n`
        : `gateway ${event.from}: ${event.reason}\n`;
    case 'status':
      return `${counted(event.records, 'record')} taken, ${counted(event.samples, 'sample')} stored, ${event.lag} to go\n`;
  }
}
