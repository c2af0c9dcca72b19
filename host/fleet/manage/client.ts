// Asks the update server for a person, over its management API (server.ts).

import { askHttp, type HttpQuestion, readAnswer, refusalOf } from '../http-client.ts';
import type { PersonCommand } from '../rollout/commands.ts';
import type { Recorded, RollbackScope } from '../rollout/events.ts';
import type { RingRequest } from '../rollout/plan.ts';
import type { KnownRelease } from '../rollout/state.ts';
import type { DeviceSummary, RolloutSummary } from './summary.ts';

export interface ManageClientOptions {
  server: string;
  token?: string;
  /** Who asks, for the record of a server with one token for all. */
  person: string;
  /** Contents of PEM files. */
  tls?: HttpQuestion['tls'];
}

/** A rollout as it is asked for. */
export interface RolloutRequest {
  name: string;
  release: string;
  onError: RollbackScope;
  rings: RingRequest[];
}

const answerBytesMost = 256 << 20;

export class ManageClient {
  private readonly options: ManageClientOptions;

  constructor(options: ManageClientOptions) {
    this.options = options;
  }

  async rollouts(signal: AbortSignal): Promise<RolloutSummary[]> {
    return ((await this.get('rollouts', signal)) as { content: RolloutSummary[] }).content;
  }

  async rollout(id: number, signal: AbortSignal): Promise<RolloutSummary> {
    return (await this.get(`rollouts/${id}`, signal)) as RolloutSummary;
  }

  async devices(signal: AbortSignal): Promise<DeviceSummary[]> {
    return ((await this.get('targets', signal)) as { content: DeviceSummary[] }).content;
  }

  async releases(signal: AbortSignal): Promise<KnownRelease[]> {
    return ((await this.get('releases', signal)) as { content: KnownRelease[] }).content;
  }

  /** Every event from a number on. */
  async events(from: number, signal: AbortSignal): Promise<Recorded[]> {
    const all: Recorded[] = [];
    for (;;) {
      const part = (await this.get(`events?from=${from + all.length}`, signal)) as {
        total: number;
        content: Recorded[];
      };
      all.push(...part.content);
      if (part.content.length === 0 || from + all.length >= part.total) return all;
    }
  }

  async command(
    command: Exclude<PersonCommand, { do: 'create-rollout' | 'add-release' | 'withdraw-release' }>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.ask('POST', 'commands', command, signal);
  }

  /** Takes a device its credentials, or lets it attest again. */
  async credential(what: 'revoke' | 'admit', device: string, reason: string, signal: AbortSignal): Promise<void> {
    await this.ask('POST', 'credentials', { do: what, device, reason }, signal);
  }

  /** The number of the new rollout. */
  async createRollout(request: RolloutRequest, signal: AbortSignal): Promise<number> {
    const body = { do: 'create-rollout', ...request };
    return ((await this.ask('POST', 'commands', body, signal)) as { id: number }).id;
  }

  private get(path: string, signal: AbortSignal): Promise<unknown> {
    return this.ask('GET', path, undefined, signal);
  }

  /** Rejects with a FleetServerError that has the server's reason. */
  private async ask(method: string, path: string, body: object | undefined, signal: AbortSignal): Promise<unknown> {
    const { server, token, person, tls = {} } = this.options;
    const url = new URL(`${server}/rest/v1/${path}`);
    const headers = { 'x-coldrig-person': person, ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    const response = await askHttp({ method, url, body, headers, tls, signal });
    if ((response.statusCode ?? 0) >= 300) throw await refusalOf(response, url);
    return JSON.parse(await readAnswer(response, answerBytesMost));
  }
}
