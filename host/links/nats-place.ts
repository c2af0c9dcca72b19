// Where a NATS server is, as people write it, and as its client library wants it.

import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import type { ConnectionOptions } from '@nats-io/transport-node';

export interface NatsServer {
  /** nats://host:port, or tls://host:port; a user and password, or a token, may stand before the host. */
  url: string;
  /** PEM files: the connection is TLS, and shows a certificate. */
  files?: { ca: string; cert: string; key: string };
}

/** Undefined: it is no address of a NATS server. */
export function natsPlace({ url, files }: NatsServer): { host: string; options: ConnectionOptions } | undefined {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['nats:', 'tls:'].includes(parsed.protocol) || parsed.hostname === '') return undefined;
  const { protocol, host, hostname } = parsed;
  const [user, pass] = [parsed.username, parsed.password].map(decoded);
  if (user === undefined || pass === undefined) return undefined;
  const options: ConnectionOptions = {};
  if (pass !== '') Object.assign(options, { user, pass });
  else if (user !== '') options.token = user;
  if (files === undefined && protocol === 'nats:') return { host, options };
  const ofFiles = files && { caFile: files.ca, certFile: files.cert, keyFile: files.key };
  // The library looks for the name `localhost` in the certificate where the host is an IP address.
  const name = hostname.replace(/^\[|\]$/g, '');
  const ofServer = { checkServerIdentity: (_: string, shown: PeerCertificate) => checkServerIdentity(name, shown) };
  options.tls = { ...ofFiles, ...ofServer };
  return { host, options };
}

/** Undefined: a % in it does not begin two hexadecimal digits. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
