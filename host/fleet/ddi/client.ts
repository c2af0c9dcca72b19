// A device's side of DDI over HTTP: asks, reads answers with their limits, downloads in parts.
//
// What must stay true: only the server that was named is talked to, whatever its links say; an answer is as long as its limit at most and comes within its
// time; a download that breaks goes on where it was, and gives up when nothing more comes.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { agentHeader, agentRunHeader } from '../../../protocol/fleet/ddi.ts';
import type { TlsFiles } from '../../telemetry/forward/tls-stream.ts';
import { rest, type Time } from '../../telemetry/time.ts';
import { askHttp, FleetServerError, readAnswer, refusalOf } from '../http-client.ts';
import { DdiError } from './json.ts';
import {
  type Artifact,
  type Deployment,
  type DeviceBase,
  type Feedback,
  feedbackJson,
  readBase,
  readCancel,
  readDeployment,
} from './wire.ts';

export interface DdiClientOptions {
  /** http://host:port or https://host:port, with a path in front of the tenant where there is one. */
  server: string;
  tenant: string;
  device: string;
  token?: string;
  /** Which agent asks: the server lets a device have one at a time. */
  agent?: { id: string; place: string; run?: string };
  tls?: Partial<Pick<TlsFiles, 'ca' | 'cert' | 'key'>>;
  time: Time;
}

/** So often a download may break without one more byte. */
const fruitlessMost = 5;
const againMs = 1_000;

export class DdiClient {
  private readonly options: DdiClientOptions;
  private readonly base: URL;

  /** Throws a FleetServerError where the address is none, and the system's errors of the files of TLS. */
  constructor(options: DdiClientOptions) {
    this.options = options;
    const { server, tenant, device } = options;
    if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
      throw new FleetServerError(
        `'${server}' is no address of a server: expected http://host:port or https://host:port`,
      );
    this.base = new URL(`${server.replace(/\/+$/, '')}/${tenant}/controller/v1/${encodeURIComponent(device)}`);
    this.tls();
  }

  /** Read for each question: certificates of devices last an hour, and are renewed meanwhile. */
  private tls(): { ca?: string; cert?: string; key?: string } {
    const { ca, cert, key } = this.options.tls ?? {};
    const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path, 'utf8'));
    return { ca: read(ca), cert: read(cert), key: read(key) };
  }

  async poll(signal: AbortSignal): Promise<DeviceBase> {
    return readBase(await this.text('GET', this.base, undefined, signal));
  }

  async deployment(href: string, signal: AbortSignal): Promise<Deployment> {
    return readDeployment(await this.text('GET', this.own(href), undefined, signal));
  }

  async cancellation(href: string, signal: AbortSignal): Promise<ReturnType<typeof readCancel>> {
    return readCancel(await this.text('GET', this.own(href), undefined, signal));
  }

  async report(attributes: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    await this.text('PUT', this.at('configData'), { mode: 'merge', data: attributes }, signal);
  }

  async feedback(
    of: 'deploymentBase' | 'cancelAction',
    id: number,
    feedback: Feedback,
    signal: AbortSignal,
  ): Promise<void> {
    await this.text('POST', this.at(`${of}/${id}/feedback`), feedbackJson(id, feedback), signal);
  }

  async confirm(id: number, confirmation: 'confirmed' | 'denied', signal: AbortSignal): Promise<void> {
    await this.text('POST', this.at(`confirmationBase/${id}/feedback`), { confirmation, details: [] }, signal);
  }

  /** The bytes of an artifact, checked against its hashes. Rejects with a FleetServerError or a DdiError. */
  async download({ href, bytes, sha1, sha256, filename }: Artifact, signal: AbortSignal): Promise<Uint8Array> {
    const all = Buffer.alloc(bytes);
    let have = 0;
    for (let fruitless = 0; have < bytes; ) {
      const before = have;
      try {
        have = await this.part(this.own(href), all, have, signal);
      } catch (error) {
        if (!(error instanceof FleetServerError) || !error.isPassing) throw error;
        fruitless = have > before ? 0 : fruitless + 1;
        if (fruitless >= fruitlessMost) throw error;
      }
      if (have < bytes) await rest(this.options.time, againMs * 2 ** fruitless, signal);
      signal.throwIfAborted();
    }
    for (const [algorithm, expected] of Object.entries({ sha1, sha256 })) {
      const found = createHash(algorithm).update(all).digest('hex');
      if (expected !== undefined && expected !== found)
        throw new DdiError(`${filename}: its ${algorithm} is ${found}, the server had said ${expected}`);
    }
    return all;
  }

  /** Reads on from `have`; how much there is now. What came before a break counts. */
  private async part(url: URL, all: Buffer, have: number, signal: AbortSignal): Promise<number> {
    const response = await this.ask('GET', url, undefined, signal, have === 0 ? {} : { range: `bytes=${have}-` });
    const { statusCode } = response;
    if (statusCode !== 200 && statusCode !== 206) throw await refusalOf(response, url);
    // A server that knows no parts begins again.
    let at = statusCode === 206 ? have : 0;
    try {
      for await (const part of response) {
        const bytes = part as Buffer;
        if (at + bytes.length > all.length)
          throw new DdiError(`${url.pathname}: it is longer than ${all.length} bytes`);
        all.set(bytes, at);
        at += bytes.length;
      }
    } catch (error) {
      if (error instanceof DdiError || signal.aborted) throw error;
    }
    return at;
  }

  private at(path: string): URL {
    return new URL(`${this.base.href}/${path}`);
  }

  /** A link of the server, which leads to itself. */
  private own(href: string): URL {
    if (!URL.canParse(href, this.base)) throw new DdiError(`the server gives a link that is none: '${href}'`);
    const url = new URL(href, this.base);
    if (url.origin === this.base.origin) return url;
    throw new DdiError(`the server ${this.base.origin} sends to ${url.origin}: links lead to the server itself only`);
  }

  private async text(method: string, url: URL, body: object | undefined, signal: AbortSignal): Promise<string> {
    const response = await this.ask(method, url, body, signal, {});
    if ((response.statusCode ?? 0) >= 300) throw await refusalOf(response, url);
    return readAnswer(response);
  }

  private ask(
    method: string,
    url: URL,
    body: object | undefined,
    signal: AbortSignal,
    more: Record<string, string>,
  ): Promise<IncomingMessage> {
    const { token, agent } = this.options;
    const headers = {
      ...{ ...more, ...(token !== undefined && { authorization: `TargetToken ${token}` }) },
      ...(agent && { [agentHeader]: `${agent.id} ${agent.place}` }),
      ...(agent?.run !== undefined && { [agentRunHeader]: agent.run }),
    };
    return askHttp({ method, url, body, headers, tls: this.tls(), signal });
  }
}
