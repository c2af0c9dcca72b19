import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Build, buildAll } from '../../host/tools/build.ts';
import { buildFolder } from '../../host/tools/guest.ts';
import { parseImage, signImage } from '../../host/tools/image/index.ts';
import { coldrig } from '../testing.ts';

let folder = '';
let build: Build;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coldrig-new-device-'));
  build = await buildAll(['factory', 'good']);
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

const boots = (file: string) =>
  coldrig(['run', '--image', file, '--udp', '0', '--speed', 'max', '--for', '2'], { cwd: folder });

it('boots our firmware with a key of one’s own: the build leaves the module, not signed', async () => {
  const [key, image] = [join(folder, 'my.pem'), join(folder, 'app.bin')];
  await coldrig(['image', 'keygen', key]);
  const module = join(buildFolder(), 'firmware.wasm');
  await coldrig(['image', 'sign', module, image, '--key', key, '--version', '1.0.0']);
  const call = ['run', '--image', image, '--key', key, '--udp', '0', '--speed', 'max', '--for', '2'];
  const { code, stdout } = await coldrig(call, { cwd: folder });
  expect(stdout).toContain('heartbeat 1: healthy');
  expect(code).toBe(0);
});

describe('a new device with an image that is padded to the slot', () => {
  it.each([{ pad: true }, { confirm: true }])('boots it, confirmed, as with the image alone (%j)', async (padding) => {
    const bytes = build.images.get('good')?.bytes as Uint8Array;
    const { headerSize, imageSize } = parseImage(bytes).header;
    const payload = bytes.subarray(headerSize, headerSize + imageSize);
    const options = { payload, privateKeyPem: build.privateKeyPem, version: '1.4.2', securityCounter: 1 };
    writeFileSync(join(folder, 'padded.bin'), signImage({ ...options, ...padding }));
    writeFileSync(join(folder, 'plain.bin'), signImage(options));
    const padded = await boots('padded.bin');
    expect(padded.code).toBe(0);
    expect(padded.stdout).toContain('firmware is up, its image is confirmed');
    const hashOf = (stdout: string) => /log hash (\w+)/.exec(stdout)?.[1];
    expect(hashOf(padded.stdout)).toBe(hashOf((await boots('plain.bin')).stdout));
  });

  it('says what a file may have at most, where it is neither padded nor fits', async () => {
    writeFileSync(
      join(folder, 'odd.bin'),
      Buffer.concat([build.images.get('good')?.bytes ?? [], Buffer.alloc(390_000)].map(Buffer.from)),
    );
    const { code, stderr } = await boots('odd.bin');
    expect(code).toBe(1);
    expect(stderr).toContain('room for 520192 in front of its trailer');
  });
});
