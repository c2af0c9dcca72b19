import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { VirtualTime } from '../../telemetry/testing/virtual-time.ts';
import type { Agent } from './agent.ts';
import { runAgents } from './run.ts';

test('agents of a large bench listen to one signal, and Node warns of no leak', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on('warning', onWarning);
  const stop = new AbortController();
  // As a question over HTTP does, until it is answered.
  const turn = (signal: AbortSignal) => new Promise((_, reject) => signal.addEventListener('abort', reject));
  const agents = Array.from({ length: 50 }, (_, at) => ({ device: `d-${at}`, agent: { turn } as unknown as Agent }));
  const running = runAgents(agents, { time: new VirtualTime(), onTrouble: () => {} }, stop.signal);
  // A warning is told in the next turn.
  await nextTurn();
  stop.abort();
  await running;
  process.off('warning', onWarning);
  expect(warnings).toEqual([]);
});
