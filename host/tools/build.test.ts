import { statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { buildAll } from './build.ts';
import { buildFolder } from './guest.ts';

test('a build that is up to date writes nothing', async () => {
  const { images } = await buildAll(['factory']);
  const files = [
    ...['bootloader.wasm', 'firmware.wasm'].map((name) => join(buildFolder(), name)),
    ...[...images.values()].map(({ file }) => file),
  ];
  const states = () => files.map((file) => statSync(file).ino);
  // Another process may be in its first build.
  await vi.waitFor(async () => {
    const before = states();
    await buildAll(['factory']);
    expect(states()).toEqual(before);
  });
});
