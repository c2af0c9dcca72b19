// What a browser asks the update server for, beside data: the files of its page. They say nothing about a fleet, so everybody may have them.
//
// In the repository the files are made when they are first asked for; the package has them made.

import { existsSync, readFileSync } from 'node:fs';
import type { Asked, Told } from '../http.ts';

const types: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'app.js': 'text/javascript; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
};

const source = new URL('./build.ts', import.meta.url);
const packed = new URL('../../../dist/fleet-page/', import.meta.url);

let made: Promise<Record<string, string>> | undefined;

const files = (): Promise<Record<string, string>> => {
  made ??= existsSync(source)
    ? import('./build.ts').then(({ buildFleetPage }) => buildFleetPage())
    : Promise.resolve(
        Object.fromEntries(Object.keys(types).map((name) => [name, readFileSync(new URL(name, packed), 'utf8')])),
      );
  return made;
};

/** The page asks nobody but this server, and nobody shows it in a frame, where a click could be led to a button of it. */
const policy =
  "default-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Undefined: the path is none of the page. */
export async function fleetPage({ method, path }: Asked): Promise<Told | undefined> {
  const name = path === '/' ? 'index.html' : path.slice(1);
  if (method !== 'GET' || !Object.hasOwn(types, name)) return undefined;
  const headers = { 'content-type': types[name], 'content-security-policy': policy, 'referrer-policy': 'no-referrer' };
  return { status: 200, headers, body: (await files())[name] };
}
