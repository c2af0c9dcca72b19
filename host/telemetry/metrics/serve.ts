// The embedded gateway over HTTP (api.ts). Plain HTTP, meant for this machine.
//
// What must stay true: it listens where it was told and nowhere else. On an address of this machine alone, a request must name this machine as its host, so
// that a page of somebody else's cannot read it by a name that leads here.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize, sep } from 'node:path';
import { authority } from '../../links/link.ts';
import { type Answer, type ApiParts, answer, json, type Page } from './api.ts';

export interface HttpPlace {
  host: string;
  port: number;
}

/** Where the embedded gateway listens when nobody says so. */
export const usualPlace: HttpPlace = { host: '127.0.0.1', port: 9410 };

export interface Served {
  /** For people: http://host:port/ */
  address: string;
  close(): Promise<void>;
}

const fileTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** The page asks nobody but this server. */
const headers = {
  'content-security-policy': "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** Throws the system's error where the port cannot be opened. */
export async function serveHttp({ host, port }: HttpPlace, parts: ApiParts): Promise<Served> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => resolve());
  });
  server.removeAllListeners('error');
  const bound = server.address() as { address: string; port: number };
  server.on('request', (request, response) => {
    void respond(parts, bound.address, request, response);
  });
  return { address: `http://${authority(bound)}/`, close: () => closed(server) };
}

/** A page of files in a folder. */
export function folderPage(folder: string): Page {
  return async (path) => {
    const name = normalize(decodeURIComponent(path.endsWith('/') ? `${path}index.html` : path));
    const type = fileTypes[extname(name)];
    if (type === undefined || name.includes('\0') || name.split(sep).includes('..')) return undefined;
    const body = await readFile(join(folder, name)).catch(() => undefined);
    return body && { status: 200, type, body };
  };
}

async function respond(
  parts: ApiParts,
  bound: string,
  { method, url = '/', headers: asked }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let told: Answer;
  try {
    if (method !== 'GET' && method !== 'HEAD') told = json(405, { error: 'this interface reads only' });
    else if (isLoopback(bound) && !isLoopback(hostOf(asked.host)))
      told = json(403, { error: `'${asked.host}' is no name of this machine; ask for http://127.0.0.1` });
    else told = await answer(parts, url, asked.accept);
  } catch (error) {
    // A target that is no address, for instance.
    told = json(400, { error: (error as Error).message });
  }
  response.writeHead(told.status, { ...headers, 'content-type': told.type });
  response.end(method === 'HEAD' ? undefined : told.body);
}

const hostOf = (header = ''): string => header.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');

/** Whether only this machine reaches it. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
