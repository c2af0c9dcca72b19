// Links between gateways over TLS 1.3, with a certificate at each end.
//
// What must stay true: a connection without a certificate of the authority, or with one that is revoked, carries no record. The list of revoked
// certificates is read again every half minute; when it has changed, every connection ends and has to come again.

import { readFileSync } from 'node:fs';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { Time } from '../time.ts';
import type { ByteStream } from './link-wire.ts';

export interface TlsFiles {
  /** Certificate of the authority, and of this end with its key: PEM. */
  ca: string;
  cert: string;
  key: string;
  /** Revoked certificates: PEM. For the end that listens. */
  crl?: string;
}

export interface TlsPlace {
  host: string;
  port: number;
}

const rereadMs = 30_000;
const connectMs = 10_000;

/** Resolves when the other end has shown its certificate. Ours is judged there after that, so a refusal comes as the end of the stream. */
export function connectTls({ host, port }: TlsPlace, files: TlsFiles, signal: AbortSignal): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host, port, ...contentsOf(files), minVersion: 'TLSv1.3', timeout: connectMs });
    // Removed in every case: an upstream that is away for weeks is tried a million times.
    const fail = (error: Error) => {
      signal.removeEventListener('abort', abort);
      socket.destroy();
      reject(error);
    };
    const abort = () => fail(new Error('interrupted'));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once('timeout', () => fail(new Error(`no answer within ${connectMs / 1000} s`)));
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', abort);
      socket.removeListener('error', fail);
      socket.setTimeout(0);
      resolve(streamOf(socket));
    });
  });
}

/** Serves gateways below; resolves with the port and with what ends it. */
export async function listenTls(
  { host, port }: TlsPlace,
  files: TlsFiles,
  time: Time,
  accept: (stream: ByteStream) => void,
): Promise<{ port: number; close: () => Promise<void> }> {
  let contents = contentsOf(files);
  const server = createServer(
    { ...contents, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.3' },
    (socket) => {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
      accept(streamOf(socket));
    },
  );
  const open = new Set<TLSSocket>();
  // A client that is refused is its own business; the next one may be good.
  server.on('tlsClientError', () => {});
  const bound = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve((server.address() as { port: number }).port));
  });
  let cancel = () => {};
  const reread = () => {
    cancel = time.after(rereadMs, reread);
    const now = tryContents(files);
    if (now === undefined || JSON.stringify(now) === JSON.stringify(contents)) return;
    contents = now;
    server.setSecureContext(now);
    for (const socket of open) socket.destroy();
  };
  cancel = time.after(rereadMs, reread);
  return {
    port: bound,
    close: () => {
      cancel();
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function streamOf(socket: TLSSocket): ByteStream {
  let isClosed = false;
  const end = (reason: string) => {
    if (isClosed) return;
    isClosed = true;
    stream.onClose(reason);
  };
  const stream: ByteStream = {
    ...{ onBytes: () => {}, onClose: () => {} },
    send: (bytes) => void socket.write(bytes),
    close: () => {
      isClosed = true;
      socket.destroy();
    },
  };
  socket.setNoDelay(true);
  socket.on('data', (bytes) => stream.onBytes(bytes));
  socket.on('error', (error) => end(error.message));
  socket.on('close', () => end('the connection ended'));
  return stream;
}

function contentsOf({ ca, cert, key, crl }: TlsFiles) {
  const read = (path: string) => readFileSync(path, 'utf8');
  return { ca: read(ca), cert: read(cert), key: read(key), ...(crl !== undefined && { crl: read(crl) }) };
}

/** A file that is being replaced is read the next time. */
function tryContents(files: TlsFiles) {
  try {
    return contentsOf(files);
  } catch {
    return undefined;
  }
}
