// The connection to a NATS server, and how long to wait for one that does not answer.

import { setTimeout as rest } from 'node:timers/promises';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import {
  type ConnectionOptions,
  connect,
  credsAuthenticator,
  errors,
  type NatsConnection,
} from '@nats-io/transport-node';
import { closeNats } from '../../host/links/nats-close.ts';
import { natsPlace } from '../../host/links/nats-place.ts';
import { NatsQueue } from './nats-queue.ts';
import { againMs, answerMs, type Patience } from './patience.ts';
import { CampaignError } from './queue.ts';

export const usualServer = 'nats://127.0.0.1:4222';

export interface ServerOptions {
  /** nats://host:port, or tls://host:port; user and password, or a token, may stand before the host. */
  url: string;
  /** Contents of a credentials file. */
  credentials?: Uint8Array;
  patience: Patience;
}

/** A server that holds campaigns. */
export class CampaignServer {
  private readonly connection: NatsConnection;
  private readonly manager: JetStreamManager;
  private readonly patience: Patience;

  static async connect({ url, credentials, patience }: ServerOptions): Promise<CampaignServer> {
    const place = placeOf(url);
    const options: ConnectionOptions = {
      ...{ servers: place.host, name: 'coldrig', timeout: answerMs, ...place.options },
      ...{ maxReconnectAttempts: -1, reconnectTimeWait: againMs },
    };
    if (credentials) options.authenticator = credsAuthenticator(credentials);
    const connection = await connect(options).catch((error) => {
      throw unreachable(error, place.host);
    });
    try {
      return new CampaignServer(connection, await jetstreamManager(connection, { timeout: answerMs }), patience);
    } catch (error) {
      await closeNats(connection);
      throw new CampaignError(
        'NO_JETSTREAM',
        `the NATS server at ${place.host} does not keep messages (${(error as Error).message}): start it with JetStream and a folder, as in nats-server -js -sd FOLDER`,
        { cause: error },
      );
    }
  }

  private constructor(connection: NatsConnection, manager: JetStreamManager, patience: Patience) {
    this.connection = connection;
    this.manager = manager;
    this.patience = patience;
  }

  queue(name: string): NatsQueue {
    return new NatsQueue(name, this.connection, this.manager, this.patience);
  }

  /** The names of the campaigns on this server. */
  async names(): Promise<string[]> {
    const names: string[] = [];
    await this.patience.until(async () => {
      names.length = 0;
      for await (const stream of this.manager.streams.names('coldrig.>'))
        names.push(...(/^coldrig-(.+)-records$/.exec(stream)?.slice(1) ?? []));
    });
    return names.sort();
  }

  /** What was said is sent before, if the server is there. */
  async close(): Promise<void> {
    const sent = this.connection.flush().catch(() => {});
    await Promise.race([sent, rest(againMs, undefined, { ref: false })]);
    await closeNats(this.connection);
  }
}

function placeOf(url: string) {
  const place = natsPlace({ url });
  if (place !== undefined) return place;
  throw new CampaignError(
    'SERVER',
    `'${url}' is no address of a NATS server: expected nats://host:port or tls://host:port`,
  );
}

function unreachable(error: Error, host: string): CampaignError {
  if (error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError)
    return new CampaignError(
      'NOT_ALLOWED',
      `the NATS server at ${host} lets nobody in like this (${error.message}): give the credentials of its account (--creds), or user and password in --server`,
      { cause: error },
    );
  return new CampaignError(
    'NO_SERVER',
    `no NATS server answers at ${host} (${error.message}): start one, as in nats-server -js -sd FOLDER, or say where it is (--server)`,
    { cause: error },
  );
}
