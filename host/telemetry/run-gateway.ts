// A gateway as a process: log, devices, the link above and the link below, put together.
//
//   devices ──> Gateway ──> DiskLog, or JetStreamLog ──> Forwarder ──> NATS JetStream, or the gateway above
//   gateways below ──> Receiver ──┘        └──> Embedded: series, alerts and the page, over HTTP ──> Delivery: a webhook is told of alerts
//
// What must stay true: nothing listens where it was not told to; when it ends, what was taken is on the disk and positions are written.

import { setMaxListeners } from 'node:events';
import type { NatsServer } from '../links/nats-place.ts';
import { SmpClient } from '../tools/smp/client.ts';
import type { Permits } from './calibration/event-calibrations.ts';
import { type GraphCalibratorParts, graphCalibrator } from './calibration/graph-calibrator.ts';
import { type AcceptOptions, acceptGateways } from './forward/accept.ts';
import { Forwarder, type Upstream } from './forward/forwarder.ts';
import { JetStreamUpstream } from './forward/jetstream-upstream.ts';
import { LinkUpstream } from './forward/link-upstream.ts';
import { connectTls, type TlsFiles, type TlsPlace } from './forward/tls-stream.ts';
import { Gateway, type GatewayEvent } from './gateway/gateway.ts';
import { Quarantine } from './gateway/quarantine.ts';
import { SmpSource } from './gateway/smp-source.ts';
import { httpPost } from './http-post.ts';
import { nodeLogDisk } from './log/disk.ts';
import { DiskLog, usualLog } from './log/disk-log.ts';
import { JetStreamLog } from './log/jetstream-log.ts';
import { hostOf } from './log/jetstream-stream.ts';
import type { LogStatus } from './log/record-log.ts';
import type { Page } from './metrics/api.ts';
import { Embedded } from './metrics/embedded.ts';
import type { HttpPlace } from './metrics/serve.ts';
import { Delivery, type NotifyEvent } from './notify/delivery.ts';
import { readNotifyState, writeNotifyState } from './notify/state-file.ts';
import { gatewayPage } from './page/files.ts';
import type { Sample } from './sample.ts';
import { rest, type Time } from './time.ts';

export interface RunOptions {
  name: string;
  version: string;
  folder: string;
  bytesMost?: number;
  hoursMost?: number;
  devices: readonly { target: string; cryostat: string }[];
  /** Records are kept in the stream of this NATS server instead of files in the folder; not with `embedded`. */
  stream?: NatsServer;
  upstream?: { kind: 'nats'; server: NatsServer } | { kind: 'tls'; place: TlsPlace; files: TlsFiles };
  /** Takes records of gateways below. */
  accept?: AcceptOptions;
  /** Watches the log, and serves series, alerts and the page over HTTP. */
  embedded?: { place: HttpPlace; page?: Page };
  /** A webhook is told of alerts; with `embedded`. `pageUrl`: how others reach the page. */
  notify?: { webhook: string; pageUrl?: string };
  /** Calibrates a readout channel that is lost; with `embedded`. */
  calibration?: Pick<GraphCalibratorParts, 'planOf' | 'recordsOf' | 'claim'> & { permits: Permits };
  time: Time;
  onEvent: (event: RunEvent) => void;
}

export type RunEvent =
  | GatewayEvent
  | NotifyEvent
  | { event: 'ready'; log: string; devices: number; accept?: number; address?: string; damaged?: string }
  | { event: 'stream'; state: 'waiting'; reason: string }
  | { event: 'upstream'; name: string; state: string; reason?: string }
  | { event: 'gateway' | 'gone' | 'refused'; from: string; reason?: string }
  | ({ event: 'status'; answering: number; quarantined: number; delivered: number } & LogStatus);

const statusMs = 10_000;
const upstreamReader = 'upstream';

/** Until the signal is aborted. Throws a LogError when the log cannot be opened, and the system's errors of a port or a file. */
export async function runGateway(options: RunOptions, signal: AbortSignal): Promise<LogStatus> {
  // Each device listens to it while it is asked: as many as there are devices are no leak.
  setMaxListeners(0, signal);
  const { folder, time, bytesMost, hoursMost, stream } = options;
  if (stream === undefined) {
    const log = DiskLog.open(folder, { time, bytesMost, hoursMost });
    return runWith(log, log, options, signal).finally(() => log.close());
  }
  const claim = nodeLogDisk.claim(folder);
  try {
    const onWaiting = (reason: string) => options.onEvent({ event: 'stream', state: 'waiting', reason });
    const log = await JetStreamLog.open(stream, { bytesMost: bytesMost ?? usualLog.bytesMost, signal, onWaiting });
    return await runWith(log, undefined, options, signal).finally(() => log.close());
  } catch (error) {
    // It was ended while it waited for the server.
    if (signal.aborted && error === signal.reason)
      return { end: 0, bytes: 0, bytesMost: 0, lag: {}, stored: 0, repeats: 0, refused: 0 };
    throw error;
  } finally {
    claim.release();
  }
}

async function runWith(
  log: DiskLog | JetStreamLog,
  disk: DiskLog | undefined,
  options: RunOptions,
  signal: AbortSignal,
): Promise<LogStatus> {
  const { name, version, folder, time, onEvent } = options;
  let below: { port: number; close: () => Promise<void> } | undefined;
  let embedded: Embedded | undefined;
  try {
    const quarantine = new Quarantine(nodeLogDisk, folder);
    if (options.embedded !== undefined && disk !== undefined) {
      const cryostats = options.devices.map(({ cryostat }) => cryostat);
      const retries = () => forwarder?.retries ?? 0;
      const parts = { name, version, log: disk, time, cryostats, retries, page: gatewayPage };
      embedded = await Embedded.open({ ...parts, ...options.embedded });
    }
    const kept = embedded;
    const onSamples = kept && ((samples: readonly Sample[]) => kept.add(samples));
    const gateway = new Gateway({ name, version, log, quarantine, time, onEvent, onSamples });
    if (options.accept !== undefined) {
      below = await acceptGateways(options.accept, { name, log, quarantine, time, onEvent });
    }
    const upstream = upstreamOf(options);
    const forwarder =
      upstream &&
      new Forwarder({
        ...{ log, name: upstreamReader, upstream, time },
        onChange: (state, reason) =>
          onEvent({ event: 'upstream', name: upstream.name, state, ...(reason !== '' && { reason }) }),
      });
    onEvent({
      ...{ event: 'ready', log: options.stream === undefined ? folder : `nats://${hostOf(options.stream)}` },
      devices: options.devices.length,
      ...(below && { accept: below.port }),
      ...(embedded && { address: embedded.address }),
      ...(disk?.damaged !== undefined && { damaged: disk.damaged }),
    });
    const sources = options.devices.map(({ target, cryostat }) => new SmpSource(target, cryostat));
    if (embedded !== undefined) embedded.asked = () => gateway.asked(sources);
    if (embedded !== undefined && options.calibration !== undefined) {
      const open = async (device: string, ended: AbortSignal) => {
        const target = gateway.asked(sources).find((one) => one.device === device)?.target;
        if (target === undefined) throw new Error(`device ${device} does not answer this gateway now`);
        return SmpClient.open(target, { signal: ended });
      };
      embedded.calibrateBy(graphCalibrator({ ...options.calibration, open, time }), options.calibration.permits);
    }
    const delivery = embedded && options.notify && deliveryOf(options.notify, embedded, options);
    const status = (): RunEvent => ({
      ...{ event: 'status', answering: gateway.answering.size, quarantined: quarantine.count },
      ...{ delivered: forwarder?.delivered ?? 0, ...log.status() },
    });
    await Promise.all([
      gateway.run(sources, signal),
      forwarder?.run(signal),
      embedded?.run(signal),
      delivery?.run(signal),
      telling(() => onEvent(status()), time, signal),
    ]);
    return log.status();
  } finally {
    await below?.close();
    await embedded?.close();
  }
}

function deliveryOf(
  { webhook, pageUrl }: NonNullable<RunOptions['notify']>,
  embedded: Embedded,
  { folder, time, onEvent }: RunOptions,
): Delivery {
  const state = readNotifyState(folder);
  const { notifier } = embedded.watch;
  notifier.restore(state?.groups ?? []);
  const delivery = new Delivery({
    ...{ time, state, address: pageUrl ?? embedded.address, onEvent },
    post: httpPost(webhook, { 'content-type': 'application/json' }),
    keep: (kept) => writeNotifyState(folder, kept),
    onResult: (result) =>
      embedded.add([{ name: 'coldrig_gateway_notifications_total', labels: { result }, value: 1, how: 'add' }]),
  });
  embedded.watch.onNotification = (notifications) => delivery.put(notifications, notifier.told());
  return delivery;
}

async function telling(tell: () => void, time: Time, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await rest(time, statusMs, signal);
    if (!signal.aborted) tell();
  }
}

function upstreamOf({ name, upstream, time }: RunOptions): Upstream | undefined {
  if (upstream === undefined) return undefined;
  if (upstream.kind === 'nats') return new JetStreamUpstream(upstream.server, name);
  const { place, files } = upstream;
  const connect = (signal: AbortSignal) => connectTls(place, files, signal);
  return new LinkUpstream({ name: `tls://${place.host}:${place.port}`, from: name, connect, time });
}
