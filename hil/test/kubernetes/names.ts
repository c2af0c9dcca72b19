// Names of services inside the cluster, as its DNS gives them: a service without an address of its own is the addresses of its pods that are ready. Every question is
// answered from the API server at that moment.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

const port = 53;
const types = { A: 1, AAAA: 28 };
const noSuchName = 3;
const noAnswer = 2;
const ttlSeconds = 5;
/** Question: identity, flags, counts. */
const headBytes = 12;

/** Addresses of a service in a namespace; undefined where there is none of this name. */
export type Lookup = (service: string, namespace: string) => Promise<string[] | undefined>;

export class NameServer {
  private readonly socket: Socket = createSocket('udp4');

  static async start(address: string, lookup: Lookup): Promise<NameServer> {
    const server = new NameServer();
    server.socket.on('message', async (question, from) => {
      server.socket.send(await answerTo(question, lookup), from.port, from.address);
    });
    server.socket.bind(port, address);
    await once(server.socket, 'listening');
    return server;
  }

  end(): void {
    this.socket.close();
  }
}

export async function answerTo(question: Buffer, lookup: Lookup): Promise<Buffer> {
  const labels: string[] = [];
  let at = headBytes;
  for (; question[at] !== 0; at += question[at] + 1)
    labels.push(question.toString('latin1', at + 1, at + 1 + question[at]));
  const type = question.readUInt16BE(at + 1);
  const asked = question.subarray(headBytes, at + 5);
  const [service, namespace, ...zone] = labels.map((label) => label.toLowerCase());
  const isOurs = zone.join('.') === 'svc.cluster.local';
  const found = isOurs ? await lookup(service, namespace).catch(() => 'away' as const) : undefined;
  const addresses = type === types.A && Array.isArray(found) ? found : [];
  const code = found === undefined ? noSuchName : found === 'away' ? noAnswer : 0;
  const head = Buffer.alloc(headBytes);
  question.copy(head, 0, 0, 2);
  // An answer of the server that knows, to one question.
  head.writeUInt16BE(0x8400 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([head, asked, ...addresses.map(recordOf)]);
}

function recordOf(address: string): Buffer {
  const record = Buffer.alloc(16);
  // The name is that of the question.
  record.writeUInt16BE(0xc000 | headBytes, 0);
  record.writeUInt16BE(types.A, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(ttlSeconds, 6);
  record.writeUInt16BE(4, 10);
  record.set(address.split('.').map(Number), 12);
  return record;
}
