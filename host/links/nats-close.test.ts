import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { expect, onTestFinished, test } from 'vitest';
import { closeNats } from './nats-close.ts';

/** Says what a client must hear. */
async function answeringServer() {
  const server = createServer((socket) => {
    const { port } = server.address() as AddressInfo;
    const info = { server_id: 'A', version: '2.9.0', host: '127.0.0.1', port, max_payload: 1_000, headers: true };
    socket.write(`INFO ${JSON.stringify(info)}\r\n`);
    socket.on('data', (bytes) => bytes.includes('PING') && socket.write('PONG\r\n'));
    socket.on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port };
}

test('a connection that the server ends in the same moment is closed, and no error ends the process', async () => {
  const errors: unknown[] = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', (error) => errors.push(error));
  onTestFinished(() => {
    process.removeAllListeners('uncaughtException');
    for (const other of others) process.on('uncaughtException', other);
  });
  const { port } = await answeringServer();
  const connection = await connect({ servers: `127.0.0.1:${port}`, maxReconnectAttempts: -1 });
  const { socket } = (connection as unknown as { protocol: { transport: { socket: Socket } } }).protocol.transport;
  // What the library does when the server has ended the connection.
  socket.end();
  connection.publish('a', 'b');
  await Promise.resolve();
  await closeNats(connection);
  for (let count = 0; count < 10; count++) await turn();
  expect(errors).toEqual([]);
});
