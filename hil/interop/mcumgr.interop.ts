import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mcumgr, mcumgrTarget } from './clients/mcumgr.ts';
import { Device } from './device.ts';
import { builtTool } from './install.ts';
import { runClient } from './run-client.ts';
import { tellStory } from './story.ts';

const tool = await builtTool('mcumgr');

for (const line of ['UDP', 'serial'] as const) {
  tellStory(`Go mcumgr over ${line}`, tool, (path, device) => mcumgr(path, device, line));
}

describe.skipIf(tool.path === undefined)('Go mcumgr', () => {
  let device: Device;
  beforeAll(async () => {
    device = await Device.start();
  });
  afterAll(() => device?.close());
  const smp = (...command: string[]) => runClient(tool.path as string, [...mcumgrTarget(device, 'UDP'), ...command]);

  test('taskstat shows the tasks of the controller', async () => {
    expect(await smp('taskstat')).toMatch(/watchdog[\s\d]+/);
  });

  test('mpstat shows the pool of frames', async () => {
    expect(await smp('mpstat')).toMatch(/\w+ +2048 +\d+/);
  });

  test('stat list and stat show statistics', async () => {
    expect(await smp('stat', 'list')).toContain('heartbeat');
    expect(await smp('stat', 'heartbeat')).toContain('health');
  });

  test('image erase empties the other slot', async () => {
    expect(await smp('image', 'erase')).toContain('Done');
    expect(await device.slots()).toEqual({ 0: '1.0.0 active confirmed' });
  });

  test('image confirm "" confirms the running image', async () => {
    expect(await smp('image', 'confirm', '')).toContain('active confirmed');
  });

  test('what the device does not have is an error it shows, and the device goes on', async () => {
    expect(await smp('datetime').catch((error: Error) => error.message)).toMatch(/8|not supported/i);
    expect(await smp('echo', 'still here')).toContain('still here');
  });
});
