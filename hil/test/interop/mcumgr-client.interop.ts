import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mcumgrClient, mcumgrClientTarget } from './clients/mcumgr-client.ts';
import { builtTool } from './install.ts';
import { LiveDevice } from './live-device.ts';
import { runClient } from './run-client.ts';
import { tellStory } from './story.ts';

const tool = await builtTool('mcumgr-client');

for (const line of ['UDP', 'serial'] as const) {
  tellStory(`mcumgr-client over ${line}`, tool, (path, device) => mcumgrClient(path, device, line));
}

describe.skipIf(tool.path === undefined).each(['UDP', 'serial'] as const)('mcumgr-client over %s asks', (line) => {
  let device: LiveDevice;
  beforeAll(async () => {
    device = await LiveDevice.start();
  });
  afterAll(() => device?.close());

  const questions: [command: string[], answer: RegExp][] = [
    [['taskstat'], /watchdog/],
    [['mcumgr-params'], /Buffer count: 4/],
    [['os-info'], /coldrig/],
    [['bootloader-info'], /MCUboot/],
    [['stat-list'], /heartbeat/],
    [['stat-read', 'heartbeat'], /health/],
    [['erase'], /erase/],
  ];
  test.each(questions)('%j and understands the answer', async (command, answer) => {
    expect(await runClient(tool.path as string, [...mcumgrClientTarget(device, line), ...command])).toMatch(answer);
  });
});
