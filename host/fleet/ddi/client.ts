// A device's side of DDI over HTTP: asks, reads answers with their limits, downloads in parts.
//
// What must stay true: only the server that was named is talked to, whatever its links say; an answer is as long as its limit at most and comes within its
// time; a download that breaks goes on where it was, and gives up when nothing more comes.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { ddiLimits } from '../../../protocol/fleet/ddi.ts';
import type { TlsFiles } from '../../telemetry/forward/tls-stream.ts';
import { rest, type Time } from '../../telemetry/time.ts';
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
  tls?: Partial<Pick<TlsFiles, 'ca' | 'cert' | 'key'>>;
  time: Time;
}

/** The server cannot be reached, or refuses; `status` is that of HTTP, where it has answered. */
export class DdiServerError extends Error {
  override readonly name = 'DdiServerError';
  readonly status: number | undefined;

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  /** To ask again may help: the server did not answer, or has trouble of its own. */
  get isPassing(): boolean {
    return this.status === undefined || this.status >= 500 || this.status === 408 || this.status === 429;
  }
}

const answerMs = 30_000;
/** So often a download may break without one more byte. */
const fruitlessMost = 5;
const againMs = 1_000;

export class DdiClient {
  private readonly options: DdiClientOptions;
  private readonly base: URL;
  private readonly tls: { ca?: string; cert?: string; key?: string };

  /** Throws a DdiServerError where the address is none, and the system's errors of the files of TLS. */
  constructor(options: DdiClientOptions) {
    this.options = options;
    const { server, tenant, device, tls = {} } = options;
    if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol))
      throw new DdiServerError(`'${server}' is no address of a server: expected http://host:port or https://host:port`);
    this.base = new URL(`${server.replace(/\/+$/, '')}/${tenant}/controller/v1/${encodeURIComponent(device)}`);
    const read = (path: string | undefined) => (path === undefined ? undefined : readFileSync(path, 'utf8'));
    this.tls = { ca: read(tls.ca), cert: read(tls.cert), key: read(tls.key) };
  }

  async poll(signal: AbortSignal): Promise<DeviceBase> {
    return readBase(await this.text('GET', this.base, undefined, signal));
  }

  async deployment(href: string, signal: AbortSignal): Promise<Deployment> {
    return readDeployment(await this.text('GET', this.own(href), undefined, signal));
  }

  async cancellation(href: string, signal: AbortSignal): Promise<{ id: number; stopId: number }> {
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

  /** The bytes of an artifact, checked against its hashes. Rejects with a DdiServerError or a DdiError. */
  async download({ href, bytes, sha1, sha256, filename }: Artifact, signal: AbortSignal): Promise<Uint8Array> {
    const all = Buffer.alloc(bytes);
    let have = 0;
    for (let fruitless = 0; have < bytes; ) {
      const before = have;
      try {
        have = await this.part(this.own(href), all, have, signal);
      } catch (error) {
        if (!(error instanceof DdiServerError) || !error.isPassing) throw error;
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
    if (statusCode !== 200 && statusCode !== 206) throw await refusal(response, url);
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
    if ((response.statusCode ?? 0) >= 300) throw await refusal(response, url);
    return readText(response);
  }

  private ask(
    method: string,
    url: URL,
    body: object | undefined,
    signal: AbortSignal,
    more: Record<string, string>,
  ): Promise<IncomingMessage> {
    const { token } = this.options;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...{ accept: 'application/json', ...more },
      ...(token !== undefined && { authorization: `TargetToken ${token}` }),
      ...(text !== undefined && { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(text)}` }),
    };
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
      const request = send(url, { method, headers, signal, timeout: answerMs, ...this.tls }, resolve);
      request.once('timeout', () => request.destroy(new Error(`no answer within ${answerMs / 1000} s`)));
      request.once('error', (error) => {
        if (signal.aborted) reject(signal.reason);
        else reject(new DdiServerError(`${url.origin} does not answer: ${error.message}`, undefined, { cause: error }));
      });
      request.end(text);
    });
  }
}

async function refusal(response: IncomingMessage, url: URL): Promise<DdiServerError> {
  const { statusCode } = response;
  const text = await readText(response).catch(() => '');
  let message = text.slice(0, 200);
  try {
    message = String((JSON.parse(text) as { message: unknown }).message);
  } catch {
    // Another server's words.
  }
  return new DdiServerError(`${url.origin}${url.pathname}: HTTP ${statusCode}: ${message}`, statusCode);
}

async function readText(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    bytes += (part as Buffer).length;
    if (bytes > ddiLimits.answerBytes) {
      response.destroy();
      throw new DdiError(`the server answers with more than ${ddiLimits.answerBytes} bytes`);
    }
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}
