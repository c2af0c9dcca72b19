// A gateway of played controllers, in a process of its own: told over the channel to its parent what they do, and asked there what it has done.

import { Forwarder, type Upstream } from '../../../host/telemetry/forward/forwarder.ts';
import { JetStreamUpstream } from '../../../host/telemetry/forward/jetstream-upstream.ts';
import { LinkUpstream } from '../../../host/telemetry/forward/link-upstream.ts';
import { connectTls, type TlsFiles } from '../../../host/telemetry/forward/tls-stream.ts';
import { Gateway } from '../../../host/telemetry/gateway/gateway.ts';
import { Quarantine } from '../../../host/telemetry/gateway/quarantine.ts';
import { nodeLogDisk } from '../../../host/telemetry/log/disk.ts';
import { DiskLog } from '../../../host/telemetry/log/disk-log.ts';
import { hostTime } from '../../../host/telemetry/time.ts';
import { controller, controllers, type Fleet, playingUs } from './played-controllers.ts';

/** Who is above it. */
export type GatewayWay = { port: number; files: TlsFiles } | { nats: string };

/** What its parent says. */
export type ToGateway = { atOnce: number } | 'figures' | 'end';

export interface GatewayFigures {
  /** Records that have come into its log since it was started. */
  stored: number;
  /** Processor time of the controllers that are played, for each record. */
  playingUs: number;
}

export async function main({ folder, way }: { folder: string; way: GatewayWay }): Promise<void> {
  const log = DiskLog.open(folder, { time: hostTime });
  const quarantine = new Quarantine(nodeLogDisk, folder);
  const gateway = new Gateway({ name: 'edge', version: '0', log, quarantine, time: hostTime });
  const fleet: Fleet = { atOnce: 1 };
  const sources = Array.from({ length: controllers }, (_, number) => controller(number, fleet));
  const stop = new AbortController();
  process.on('message', (told: ToGateway) => {
    if (told === 'figures') process.send?.({ stored: gateway.stored, playingUs: playingUs() });
    else if (told === 'end') stop.abort();
    else fleet.atOnce = told.atOnce;
  });
  process.on('disconnect', () => stop.abort());
  process.send?.('ready');
  await Promise.allSettled([
    gateway.run(sources, stop.signal),
    new Forwarder({ log, name: 'up', upstream: upstreamOf(way), time: hostTime }).run(stop.signal),
  ]);
  await log.close();
  if (process.connected) process.disconnect();
}

function upstreamOf(way: GatewayWay): Upstream {
  if ('nats' in way) return new JetStreamUpstream({ url: way.nats }, 'edge');
  const { port, files } = way;
  const connect = (signal: AbortSignal) => connectTls({ host: '127.0.0.1', port }, files, signal);
  return new LinkUpstream({ name: 'hub', from: 'edge', connect, time: hostTime });
}
