// HTTP for the update server: bodies with a limit, answers, files in parts, TLS where its files are given.
//
// What must stay true: it listens where it was told and nowhere else; a request that is too long, too slow or too much is refused, and disturbs no other.

import { createHash } from 'node:crypto';
import { createReadStream, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { ddiLimits } from '../../protocol/fleet/ddi.ts';
import { authority } from '../links/link.ts';
import type { TlsFiles } from '../telemetry/forward/tls-stream.ts';

export interface Asked {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | undefined>;
  body: string;
  /** As the client reaches it: scheme, host and port. */
  origin: string;
  /** Address that it comes from. */
  source: string;
  /** Common name of the client's certificate, which the authority of the devices has signed. */
  certificateName?: string;
  /** The client's certificate, whoever has signed it: it has the key. */
  certificate?: ShownCertificate & { raw: Uint8Array };
}

export interface ShownCertificate {
  /** SHA-256, in hexadecimal. */
  hash: string;
  fromMs: number;
  untilMs: number;
  /** Why the authority of the devices does not vouch for it. */
  trouble?: string;
}

export interface FileSlice {
  path: string;
  from: number;
  bytes: number;
}

export interface Told {
  status: number;
  headers?: Record<string, string>;
  body?: string;
  file?: FileSlice;
}

/** Undefined: the path is none of this handler's. */
export type HttpHandler = (asked: Asked) => Promise<Told | undefined>;

export const told = (status: number, json: object): Told => ({
  ...{ status, body: `${JSON.stringify(json)}\n`, headers: { 'content-type': 'application/json' } },
});

/** An answer that says what is wrong. */
export const problem = (status: number, message: string): Told => told(status, { message });

export interface FleetHttpOptions {
  host: string;
  port: number;
  /** Without: plain HTTP. With an authority, devices may show a certificate instead of a token; people may always (access/people.ts). */
  tls?: Pick<TlsFiles, 'cert' | 'key'> & { ca?: string };
  /** Another authority of devices, which answers at each request whether a certificate of it still counts. */
  deviceAuthority?: DeviceAuthority;
  /** Asked in their order. */
  handlers: readonly HttpHandler[];
  /** Paths that take longer bodies than others, and how long. */
  bodyBytes?: Readonly<Record<string, number>>;
  /** Is told of an error that is none of a client. */
  onError: (error: unknown) => void;
}

export interface DeviceAuthority {
  /** PEM. */
  certificate: string;
  /** Why a certificate (DER) does not count now; undefined: nothing speaks against it. */
  troubleWith(certificate: Uint8Array): string | undefined;
}

export interface FleetHttp {
  origin: string;
  port: number;
  close(): Promise<void>;
}

/** As many requests are served at once; who comes on top is told to come again. */
const mostAtOnce = 1024;
const requestMs = 30_000;
const headMs = 10_000;

/** Throws the system's error where the port cannot be opened or a file of TLS cannot be read. */
export async function serveFleetHttp(options: FleetHttpOptions): Promise<FleetHttp> {
  const { host, port, tls } = options;
  const timeouts = { headersTimeout: headMs, requestTimeout: requestMs, maxHeaderSize: 16 * 1024 };
  const server =
    tls === undefined
      ? createServer(timeouts)
      : createTlsServer({ ...timeouts, ...tlsOf(tls, options.deviceAuthority) });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolve());
  });
  server.removeAllListeners('error');
  const address = server.address() as { address: string; port: number };
  const origin = `${tls === undefined ? 'http' : 'https'}://${authority(address)}`;
  let atOnce = 0;
  server.on('request', (request, response) => {
    atOnce++;
    response.once('close', () => atOnce--);
    void respond(options, origin, atOnce > mostAtOnce, request, response);
  });
  // A client that breaks the protocol is its own business.
  server.on('clientError', (_error, socket) => socket.destroy());
  return { origin, port: address.port, close: () => closed(server) };
}

function tlsOf({ cert, key, ca }: NonNullable<FleetHttpOptions['tls']>, own: DeviceAuthority | undefined) {
  const read = (path: string) => readFileSync(path, 'utf8');
  const authorities = [...(ca === undefined ? [] : [read(ca)]), ...(own === undefined ? [] : [own.certificate])];
  const client = { requestCert: true, rejectUnauthorized: false, ca: authorities };
  return { cert: read(cert), key: read(key), minVersion: 'TLSv1.3' as const, ...client };
}

async function respond(
  options: FleetHttpOptions,
  usualOrigin: string,
  isTooMuch: boolean,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const answer = isTooMuch
      ? { ...problem(503, 'too many requests at once; come again later'), headers: { 'retry-after': '10' } }
      : await answerTo(options, usualOrigin, request);
    send(response, answer, request.method === 'HEAD');
  } catch (error) {
    // A client that has gone while it asked. (`destroyed` would not say that: a request is destroyed as soon as it was read.)
    if (request.errored !== null) return;
    options.onError(error);
    if (response.destroyed) return;
    send(response, problem(500, 'the server has failed at this; its own output says why'), false);
  }
}

async function answerTo(
  { handlers, tls, deviceAuthority, bodyBytes = {} }: FleetHttpOptions,
  usualOrigin: string,
  request: IncomingMessage,
): Promise<Told> {
  const most = bodyBytes[request.url ?? ''] ?? ddiLimits.bodyBytes;
  const body = await bodyOf(request, most);
  if (body === undefined) return problem(413, `a request has at most ${most} bytes`);
  const { method = 'GET', url = '/', headers, socket } = request;
  if (!URL.canParse(url, usualOrigin)) return problem(400, 'the path of the request cannot be read');
  const { pathname, searchParams } = new URL(url, usualOrigin);
  const isHost = /^[A-Za-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:.]+\](:\d{1,5})?$/i.test(headers.host ?? '');
  const origin = isHost ? `${usualOrigin.split('//')[0]}//${headers.host}` : usualOrigin;
  const asked: Asked = {
    ...{ method: method === 'HEAD' ? 'GET' : method, path: pathname, query: searchParams, body, origin },
    headers: headers as Record<string, string | undefined>,
    source: socket.remoteAddress ?? 'an address that has gone',
    ...certificateOf(socket as TLSSocket, tls?.ca !== undefined, deviceAuthority),
  };
  for (const handle of handlers) {
    const answer = await handle(asked);
    if (answer !== undefined) return answer;
  }
  return problem(404, `there is nothing at ${pathname}`);
}

/** Undefined: it is too long. What comes behind the limit is not kept. */
async function bodyOf(request: IncomingMessage, most: number): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += (part as Buffer).length;
    if (bytes > most) return undefined;
    parts.push(part as Buffer);
  }
  return Buffer.concat(parts).toString('utf8');
}

function certificateOf(
  socket: TLSSocket,
  hasAuthority: boolean,
  own: DeviceAuthority | undefined,
): Pick<Asked, 'certificateName' | 'certificate'> {
  if (socket.encrypted !== true) return {};
  const shown = shownBy(socket);
  if (shown === undefined) return {};
  const { certificate, name } = shown;
  const isTaken = (hasAuthority || own !== undefined) && socket.authorized;
  // What TLS has taken once counts only as it is now: a connection, or a session that goes on, may be older than what speaks against it.
  const trouble = isTaken
    ? own?.troubleWith(certificate.raw)
    : `${socket.authorizationError ?? 'there is no authority'}`;
  if (trouble !== undefined) return { certificate: { ...certificate, trouble } };
  return { certificate, ...(name !== undefined && { certificateName: name }) };
}

interface OfConnection {
  certificate: NonNullable<Asked['certificate']>;
  /** Its common name. */
  name: string | undefined;
}

/** A connection has one certificate, and asks again and again. */
const read = new WeakMap<TLSSocket, OfConnection>();

function shownBy(socket: TLSSocket): OfConnection | undefined {
  const known = read.get(socket);
  if (known !== undefined) return known;
  const { subject, raw, valid_from, valid_to } = socket.getPeerCertificate();
  if (raw === undefined) return undefined;
  const hash = createHash('sha256').update(raw).digest('hex');
  const { CN: name } = subject as { CN?: unknown };
  const certificate = { raw, hash, fromMs: Date.parse(valid_from), untilMs: Date.parse(valid_to) };
  const shown = { certificate, name: typeof name === 'string' ? name : undefined };
  read.set(socket, shown);
  return shown;
}

function send(response: ServerResponse, { status, headers, body = '', file }: Told, isHead: boolean): void {
  const length = file === undefined ? Buffer.byteLength(body) : file.bytes;
  response.writeHead(status, {
    ...{ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-length': length },
    ...headers,
  });
  if (isHead || file === undefined || file.bytes === 0) {
    response.end(isHead || file !== undefined ? undefined : body);
    return;
  }
  const stream = createReadStream(file.path, { start: file.from, end: file.from + file.bytes - 1 });
  // The length is told already: a file that has gone meanwhile ends the connection, and the client asks again.
  stream.once('error', () => response.destroy());
  response.once('close', () => stream.destroy());
  stream.pipe(response);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
