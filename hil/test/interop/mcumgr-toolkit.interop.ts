import { describe, expect, onTestFinished, test } from 'vitest';
import { toolkit } from './clients/toolkit.ts';
import { updateFile } from './images.ts';
import { pythonTool } from './install.ts';
import { LiveDevice } from './live-device.ts';
import { tellStory } from './story.ts';

const tool = await pythonTool('mcumgr-toolkit');
const lines = ['UDP', 'serial'] as const;

for (const line of lines) tellStory(`mcumgr-toolkit over ${line}`, tool, (path, device) => toolkit(path, device, line));

describe.skipIf(tool.path === undefined).each(lines)('mcumgr-toolkit over %s', (line) => {
  async function start() {
    const device = await LiveDevice.start();
    onTestFinished(() => device.close());
    return { device, client: toolkit(tool.path as string, device, line) };
  }

  test('firmware_update uploads, marks, resets: the new version runs on trial', async () => {
    const { device, client } = await start();
    const { path } = await updateFile(device.folder, '1.1.0');
    const { mark } = device;
    await client.firmwareUpdate(path);
    await device.event('boot', mark, { slot: 'B', version: '1.1.0' });
    expect(await device.slots()).toEqual({ 0: '1.0.0 confirmed', 1: '1.1.0 active' });
    const again = () => client.firmwareUpdate(path).catch((error: Error) => error.message);
    expect(await again()).toMatch(/currently_tested/);
    await device.healthy(mark);
    await client.confirm('');
    expect(await again(), 'it sees that the image runs already').toMatch(/already_installed/);
  });

  test('understands the answer to every question it knows', async () => {
    const { client } = await start();
    const printed = await client.everything();
    for (const word of ['watchdog', "'buf_size': 2048", 'MCUboot', "'size': 524288", "'heartbeat'", 'img mgmt']) {
      expect(printed).toContain(word);
    }
  });
});
