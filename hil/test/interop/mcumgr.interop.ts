import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mcumgr, mcumgrTarget } from './clients/mcumgr.ts';
import { builtTool } from './install.ts';
import { LiveDevice } from './live-device.ts';
import { runClient } from './run-client.ts';
import { tellStory } from './story.ts';

const tool = await builtTool('mcumgr');

for (const line of ['UDP', 'serial'] as const) {
  tellStory(`Go mcumgr over ${line}`, tool, (path, device) => mcumgr(path, device, line));
}

describe.skipIf(tool.path === undefined)('Go mcumgr', () => {
  let device: LiveDevice;
  beforeAll(async () => {
    device = await LiveDevice.start();
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

  const refused: [command: string[], code: string][] = [
    [['config', 'a/b'], 'Error: 8'],
    [['log', 'list'], 'error: 8'],
    [['run', 'list'], 'Error: 8'],
    [['crash', 'div0'], 'Error: 8'],
    [['shell', 'exec', 'ls'], 'status=8'],
    [['image', 'corelist'], 'Error: 8'],
    [['stat', 'nothing'], 'Error: 5'],
    [['image', 'test', '00'.repeat(32)], 'Error: 1'],
    [['image', 'confirm', 'abcd'], 'Error: 3'],
  ];
  test.each(refused)('%j is refused, and it shows the code', async (command, code) => {
    expect(await smp(...command)).toContain(code);
    expect(await smp('echo', 'still here')).toContain('still here');
  });
});
