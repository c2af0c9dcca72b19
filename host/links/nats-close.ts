// Ends a connection to a NATS server so that the server may end it at the same moment.
//
// The library (@nats-io/transport-node 3.0 to 3.4) takes its listeners away from the socket before it destroys it. What was written after the server had ended the
// connection is an error that the socket emits a moment later; without a listener that would end the process.

import type { Socket } from 'node:net';
import type { NatsConnection } from '@nats-io/transport-node';

/** What the library does not tell of its connection. */
interface Inside {
  protocol?: { transport?: { socket?: Socket } };
}

export async function closeNats(connection: NatsConnection): Promise<void> {
  const socket = (connection as Inside).protocol?.transport?.socket;
  if (socket !== undefined) socket.removeAllListeners = () => socket;
  await connection.close();
}
