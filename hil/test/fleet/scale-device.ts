// A board of a large fleet with its agent, good or with a fault of its own.

import { join } from 'node:path';
import { Agent } from '../../../host/fleet/agent/agent.ts';
import { AgentJournal } from '../../../host/fleet/agent/journal.ts';
import { DdiClient } from '../../../host/fleet/ddi/client.ts';
import { hostTime } from '../../../host/telemetry/time.ts';
import { slotAddress } from '../../rig/boot-report.ts';
import type { DeviceUnderTest } from '../../rig/index.ts';

export interface ScaleDevice {
  name: string;
  board: DeviceUnderTest;
  agent: Agent;
  fails: boolean;
}

export const tokenOf = (name: string): string => `token-of-${name}-is-long-enough`;

/** Which agent a device of this number has: the server lets it have no other. */
export const agentIdentity = (name: string, index: number): { id: string; place: string } => ({
  id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  place: `scale:${name}`,
});

export function agentOf(
  folder: string,
  origin: string,
  name: string,
  board: DeviceUnderTest,
  fails: boolean,
  index: number,
): Agent {
  const server = new DdiClient({
    ...{ server: origin, tenant: 'default', device: name, token: tokenOf(name), time: hostTime },
    agent: agentIdentity(name, index),
  });
  return new Agent({
    ...{
      device: name,
      server,
      time: hostTime,
      open: async () => (fails ? failingClient(board, index) : board.client()),
    },
    journal: new AgentJournal(join(folder, `${name}.json`)),
    words: ({ verdict }) => verdict,
  });
}

/** Its flash loses a bit of the new image, or its core is stuck when the image runs: by turns. */
function failingClient(board: DeviceUnderTest, index: number) {
  const client = board.client();
  const send = client.transport.send.bind(client.transport);
  const starts = board.events('FIRMWARE_START').length;
  let isDone = false;
  client.transport.send = (message) => {
    if (!isDone && board.events('IMAGE_PENDING').length > 0) {
      const isFlash = index % 2 === 0;
      if (isFlash) board.programmer.flipBit(slotAddress.B + 5_000, 3);
      else if (board.events('FIRMWARE_START').length > starts) board.fault('firmware-lock at core');
      isDone = isFlash || board.events('FIRMWARE_START').length > starts;
    }
    return send(message);
  };
  return client;
}
