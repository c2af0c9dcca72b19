// Asks the update server over HTTP, for devices and for people.
//
// What must stay true: an answer comes within its time, and is as long as its limit at most; an error says whether to ask again may help.

import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { ddiLimits, lockedStatus } from '../../protocol/fleet/ddi.ts';

/** The server cannot be reached, or refuses; `status` is that of HTTP, where it has answered. */
export class FleetServerError extends Error {
  override readonly name = 'FleetServerError';
  readonly status: number | undefined;

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }

  /** To ask again may help: the server did not answer, has trouble of its own, or another agent has the device. */
  get isPassing(): boolean {
    const passing = [408, lockedStatus, 429];
    return this.status === undefined || this.status >= 500 || passing.includes(this.status);
  }
}

export interface HttpQuestion {
  method: string;
  url: URL;
  body: object | undefined;
  headers: Record<string, string>;
  /** Contents of PEM files. */
  tls: { ca?: string; cert?: string; key?: string };
  signal: AbortSignal;
}

const answerMs = 30_000;

/** Rejects with a FleetServerError where there is no answer. Whatever is asked may be asked twice: the server says the same again. */
export async function askHttp(question: HttpQuestion): Promise<IncomingMessage> {
  const { url, signal } = question;
  for (let isAgain = false; ; isAgain = true)
    try {
      return await askOnce(question);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      // The server has closed a connection that rested, in the moment in which it was used again.
      if (error instanceof RestedConnection && !isAgain) continue;
      const { code = '', message } = error as NodeJS.ErrnoException;
      const advice = unknownAuthority.includes(code) ? '; give the certificate of its authority with --ca' : '';
      throw new FleetServerError(`${url.origin} does not answer: ${message}${advice}`, undefined, { cause: error });
    }
}

/** What OpenSSL says of a certificate that nobody here trusts. */
const unknownAuthority = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

class RestedConnection extends Error {}

function askOnce({ method, url, body, headers, tls, signal }: HttpQuestion): Promise<IncomingMessage> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const all = {
    ...{ accept: 'application/json', ...headers },
    ...(text !== undefined && { 'content-type': 'application/json', 'content-length': `${Buffer.byteLength(text)}` }),
  };
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? tlsRequest : plainRequest;
    const request = send(url, { method, headers: all, signal, timeout: answerMs, ...tls }, resolve);
    request.once('timeout', () => request.destroy(new Error(`no answer within ${answerMs / 1000} s`)));
    request.once('error', (error: NodeJS.ErrnoException) => {
      const isClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE';
      reject(isClosed && request.reusedSocket ? new RestedConnection(error.message, { cause: error }) : error);
    });
    request.end(text);
  });
}

export async function refusalOf(response: IncomingMessage, url: URL): Promise<FleetServerError> {
  const { statusCode } = response;
  const text = await readAnswer(response).catch(() => '');
  let message = text.slice(0, 200);
  try {
    message = String((JSON.parse(text) as { message: unknown }).message);
  } catch {
    // Another server's words.
  }
  return new FleetServerError(`${url.origin}${url.pathname}: HTTP ${statusCode}: ${message}`, statusCode);
}

export async function readAnswer(
  response: IncomingMessage,
  bytesMost: number = ddiLimits.answerBytes,
): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of response) {
    bytes += (part as Buffer).length;
    if (bytes > bytesMost) {
      response.destroy();
      throw new FleetServerError(`the server answers with more than ${bytesMost} bytes`);
    }
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}
