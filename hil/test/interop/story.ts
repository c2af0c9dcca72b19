// The same steps for every client: echo, list, update and confirm; then update again without a confirm, which is rolled back.
//
//   1.0.0 confirmed -> upload 1.1.0 -> test -> reset: 1.1.0 on trial -> confirm
//                   -> upload 1.2.0 -> test -> reset: 1.2.0 on trial -> reset: 1.1.0 again
//
// The client under test does every step; what came of it is read by our own client and from the board itself. What must stay
// true: no step here knows which client it is.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type UpdateFile, updateFile } from './images.ts';
import type { Tool } from './install.ts';
import { LiveDevice } from './live-device.ts';

/** What each client can be told to do. Each returns what the client printed. */
export interface ClientUnderTest {
  echo(text: string): Promise<string>;
  list(): Promise<string>;
  upload(file: string): Promise<string>;
  /** `hash` in hex. */
  test(hash: string): Promise<string>;
  reset(): Promise<string>;
  /** Keeps the running image. */
  confirm(hash: string): Promise<string>;
}

export interface Cast {
  device: LiveDevice;
  client: ClientUnderTest;
  first: UpdateFile;
  second: UpdateFile;
}

type Step = [sentence: string, play: (cast: Cast) => Promise<void>];

const showsHash = (printed: string, { hash }: UpdateFile) => expect(printed.toLowerCase()).toContain(hash);

const story: Step[] = [
  [
    'echo: hears back what it said',
    async ({ client }) => {
      expect(await client.echo('cold and quiet')).toContain('cold and quiet');
    },
  ],
  [
    'image list: shows what a new device runs',
    async ({ client }) => {
      expect(await client.list()).toContain('1.0.0');
    },
  ],
  [
    'upload: the image is in the other slot, marked by nobody',
    async ({ client, device, first }) => {
      const { mark } = device;
      await client.upload(first.path);
      expect(await device.slots()).toEqual({ 0: '1.0.0 active confirmed', 1: '1.1.0' });
      await device.event('upload-done', mark, { slot: 'B', matched: true });
    },
  ],
  [
    'upload once more: nothing is written, nothing is lost',
    async ({ client, device, first }) => {
      await client.upload(first.path);
      expect(await device.slots()).toEqual({ 0: '1.0.0 active confirmed', 1: '1.1.0' });
    },
  ],
  [
    'test: the image is pending',
    async ({ client, device, first }) => {
      await client.test(first.hash);
      expect(await device.slots()).toEqual({ 0: '1.0.0 active confirmed', 1: '1.1.0 pending' });
    },
  ],
  [
    'image list: shows both images and their hashes',
    async ({ client, first }) => {
      const printed = await client.list();
      expect(printed).toContain('1.0.0');
      expect(printed).toContain('1.1.0');
      showsHash(printed, first);
    },
  ],
  [
    'reset: the new version runs on trial',
    async ({ client, device }) => {
      const { mark } = device;
      await client.reset();
      await device.event('boot', mark, { slot: 'B', version: '1.1.0' });
      await device.event('firmware-start', mark, { state: 'trial' });
      expect(await device.slots()).toEqual({ 0: '1.0.0 confirmed', 1: '1.1.0 active' });
    },
  ],
  [
    'confirm: the new version stays',
    async ({ client, device, first }) => {
      await device.healthy(device.events.findLastIndex(({ event }) => event === 'boot'));
      const { mark } = device;
      await client.confirm(first.hash);
      await device.event('image-confirmed', mark, { slot: 'B', version: '1.1.0' });
      expect(await device.slots()).toEqual({ 0: '1.0.0', 1: '1.1.0 active confirmed' });
    },
  ],
  [
    'a second update: uploaded into the slot that is free now, and asked for',
    async ({ client, device, second }) => {
      await client.upload(second.path);
      await client.test(second.hash);
      expect(await device.slots()).toEqual({ 0: '1.2.0 pending', 1: '1.1.0 active confirmed' });
    },
  ],
  [
    'reset: the second update runs on trial',
    async ({ client, device }) => {
      const { mark } = device;
      await client.reset();
      await device.event('boot', mark, { slot: 'A', version: '1.2.0' });
      await device.event('firmware-start', mark, { state: 'trial' });
      expect(await device.slots()).toEqual({ 0: '1.2.0 active', 1: '1.1.0 confirmed' });
    },
  ],
  [
    'reset without confirm: rolled back, the first update runs again',
    async ({ client, device }) => {
      const { mark } = device;
      await client.reset();
      await device.event('image-rejected', mark, { slot: 'A' });
      await device.event('boot', mark, { slot: 'B', version: '1.1.0' });
      expect((await device.slots())[1]).toBe('1.1.0 active confirmed');
      expect(await client.list()).toContain('1.1.0');
    },
  ],
];

/** Plays the story as one test a step; after a step that failed the rest is skipped, for it stands on it. */
export function tellStory(
  title: string,
  tool: Tool,
  make: (program: string, device: LiveDevice) => ClientUnderTest,
): void {
  const { path } = tool;
  if (path === undefined) {
    skipWithReason(title, tool);
    return;
  }
  describe(title, () => {
    let cast: Cast;
    let failed: string | undefined;

    beforeAll(async () => {
      const device = await LiveDevice.start();
      const [first, second] = await Promise.all(
        ['1.1.0', '1.2.0'].map((version) => updateFile(device.folder, version)),
      );
      cast = { device, client: make(path, device), first, second };
    });
    afterAll(() => cast?.device.close());

    for (const [sentence, play] of story) {
      test(sentence, async (context) => {
        if (failed) context.skip(`after '${failed}' failed`);
        failed = sentence;
        await play(cast);
        failed = undefined;
      });
    }
  });
}

const told = new Set<string>();

/** One skipped test whose name says why, and one line a program on the terminal. */
export function skipWithReason(title: string, { missing = 'nobody said why' }: Tool): void {
  if (!told.has(missing)) process.stderr.write(`skipped: ${missing}\n`);
  told.add(missing);
  describe(title, () => {
    test.skip(`cannot be had: ${missing}`, () => {});
  });
}
