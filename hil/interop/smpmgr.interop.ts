import { describe, expect, onTestFinished, test } from 'vitest';
import { type SmpmgrLine, smpmgr, smpmgrTarget } from './clients/smpmgr.ts';
import { Device } from './device.ts';
import { updateFile } from './images.ts';
import { pythonTool } from './install.ts';
import { runClient } from './run-client.ts';
import { tellStory } from './story.ts';

const tool = await pythonTool('smpmgr');
const lines: SmpmgrLine[] = ['UDP', 'serial'];

for (const line of lines) tellStory(`smpmgr over ${line}`, tool, (path, device) => smpmgr(path, device, line));

describe.skipIf(tool.path === undefined).each(lines)('smpmgr upgrade over %s', (line) => {
  async function upgrade(version: string, ...options: string[]) {
    const device = await Device.start();
    onTestFinished(() => device.close());
    const { path } = await updateFile(device.folder, version);
    const { mark } = device;
    const printed = runClient(tool.path as string, [...smpmgrTarget(device, line), 'upgrade', path, ...options]);
    return { device, mark, printed };
  }

  test('--slot 1 uploads, marks, resets: the new version runs on trial', async () => {
    const { device, mark, printed } = await upgrade('1.1.0', '--slot', '1');
    expect(await printed).toContain('Upgrade complete');
    await device.event('boot', mark, { slot: 'B', version: '1.1.0' });
    expect(await device.slots()).toEqual({ 0: '1.0.0 confirmed', 1: '1.1.0 active' });
  });

  test('plain marks nothing, as smpmgr has it: the old version runs, the new one waits', async () => {
    const { device, mark, printed } = await upgrade('1.1.0');
    expect(await printed).toContain('Upgrade complete');
    await device.event('boot', mark, { slot: 'A', version: '1.0.0' });
    expect(await device.slots()).toEqual({ 0: '1.0.0 active confirmed', 1: '1.1.0' });
  });
});
