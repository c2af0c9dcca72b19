import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type SmpmgrLine, smpmgr, smpmgrTarget } from './clients/smpmgr.ts';
import { updateFile } from './images.ts';
import { pythonTool } from './install.ts';
import { LiveDevice } from './live-device.ts';
import { runClient } from './run-client.ts';
import { tellStory } from './story.ts';

const tool = await pythonTool('smpmgr');
const lines: SmpmgrLine[] = ['UDP', 'serial'];

for (const line of lines) tellStory(`smpmgr over ${line}`, tool, (path, device) => smpmgr(path, device, line));

async function start(line: SmpmgrLine) {
  const device = await LiveDevice.start();
  onTestFinished(() => device.close());
  const smp = (...command: string[]) => runClient(tool.path as string, [...smpmgrTarget(device, line), ...command]);
  // Not every command of smpmgr ends with an error code when the device refuses; each shows the refusal.
  const outcome = (...command: string[]) => smp(...command).catch((error: Error) => error.message);
  return { device, smp, outcome };
}

describe.skipIf(tool.path === undefined).each(lines)('smpmgr upgrade over %s', (line) => {
  test('--slot 1 uploads, marks, resets: the new version runs on trial', async () => {
    const { device, smp } = await start(line);
    const { path } = await updateFile(device.folder, '1.1.0');
    const { mark } = device;
    expect(await smp('upgrade', path, '--slot', '1')).toContain('Upgrade complete');
    await device.event('boot', mark, { slot: 'B', version: '1.1.0' });
    expect(await device.slots()).toEqual({ 0: '1.0.0 confirmed', 1: '1.1.0 active' });
  });

  test('plain marks nothing, as smpmgr has it: the old version runs, the new one waits', async () => {
    const { device, smp } = await start(line);
    const { path } = await updateFile(device.folder, '1.1.0');
    const { mark } = device;
    expect(await smp('upgrade', path)).toContain('Upgrade complete');
    await device.event('boot', mark, { slot: 'A', version: '1.0.0' });
    expect(await device.slots()).toEqual({ 0: '1.0.0 active confirmed', 1: '1.1.0' });
  });
});

describe.skipIf(tool.path === undefined)('smpmgr shows why the device refuses', () => {
  test('to keep an image that has never run', async () => {
    const { device, outcome } = await start('UDP');
    const { path } = await updateFile(device.folder, '1.1.0');
    expect(await outcome('upgrade', path, '--slot', '1', '--confirm')).toContain('IMAGE_CONFIRMATION_DENIED');
    expect(await device.slots()).toEqual({ 0: '1.0.0 active confirmed', 1: '1.1.0' });
  });

  test('to try a damaged image, an older one, one it does not have, and what is none', async () => {
    const { device, outcome, smp } = await start('UDP');
    const damaged = await updateFile(device.folder, '1.4.0');
    damaged.bytes[damaged.bytes.length >> 1] ^= 1;
    writeFileSync(damaged.path, damaged.bytes);
    expect(await outcome('upgrade', damaged.path, '--slot', '1')).toContain('ECORRUPT');

    const older = await updateFile(device.folder, '0.9.0');
    await smp('image', 'upload', older.path);
    expect(await outcome('image', 'state-write', older.hash)).toContain('CURRENT_VERSION_IS_NEWER');
    expect(await outcome('image', 'state-write', '00'.repeat(32))).toContain('HASH_NOT_FOUND');

    const text = join(device.folder, 'text.bin');
    writeFileSync(text, 'no image at all, but long enough to be looked at as one');
    expect(await outcome('image', 'upload', '--format', 'any', text)).toContain('INVALID_IMAGE_HEADER_MAGIC');
    expect(await device.slots()).toMatchObject({ 0: '1.0.0 active confirmed' });
  });

  test('groups it does not have, and answers what it has', async () => {
    const { smp, outcome } = await start('serial');
    expect(await outcome('shell', 'ls')).toContain('ENOTSUP');
    expect(await smp('statistics', 'fetch-all')).toContain("'health': 0");
    expect(await smp('enum', 'get-supported-groups')).toContain('STATISTICS_MANAGEMENT');
    expect(await smp('image', 'erase', '1')).not.toContain('error');
  });
});
