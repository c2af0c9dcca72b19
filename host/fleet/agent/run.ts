// Agents of several devices, each in a loop of its own.
//
// What must stay true: a device or a server that does not answer delays no other device; who waits for a server that has failed waits longer each time, and
// not as long as its neighbours.

import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { ddiLimits } from '../../../protocol/fleet/ddi.ts';
import { rest, type Time } from '../../telemetry/time.ts';
import type { Agent } from './agent.ts';

export interface RunAgentOptions {
  time: Time;
  /** In place of what the server says. */
  pollSeconds?: number;
  onTrouble: (device: string, error: Error) => void;
}

const usualSeconds = 60;
const againSeconds = { least: 2, most: 300 };

/** Until the signal is aborted. */
export async function runAgents(
  agents: readonly { device: string; agent: Agent }[],
  options: RunAgentOptions,
  signal: AbortSignal,
): Promise<void> {
  // Each agent listens while it asks: that is no leak, however many there are.
  setMaxListeners(0, signal);
  await Promise.all(agents.map(({ device, agent }) => runAgent(device, agent, options, signal)));
}

async function runAgent(device: string, agent: Agent, options: RunAgentOptions, signal: AbortSignal): Promise<void> {
  const { time, pollSeconds, onTrouble } = options;
  for (let failures = 0; !signal.aborted; ) {
    let waitSeconds: number;
    try {
      const { sleepSeconds, isBusy } = await agent.turn(signal);
      failures = 0;
      waitSeconds = isBusy ? 1 : Math.min(ddiLimits.pollSecondsMost, pollSeconds ?? sleepSeconds ?? usualSeconds);
    } catch (error) {
      if (signal.aborted) return;
      // Told once, and not again before it was well.
      if (failures === 0) onTrouble(device, error as Error);
      waitSeconds = backoffSeconds(device, failures++);
    }
    await rest(time, waitSeconds * 1000, signal);
  }
}

/** Longer each time, and of another length for each device and time, so that not all of them come back at once. */
export function backoffSeconds(device: string, failures: number): number {
  const longest = Math.min(againSeconds.most, againSeconds.least * 2 ** Math.min(failures, 16));
  const share = createHash('sha256').update(`${device} ${failures}`).digest().readUInt16LE(0) / 0xffff;
  return longest * (0.5 + share / 2);
}
