// Two clients that upload into one slot at once, one on each line. The answers to each must be true of the slot, in any order of the clients.

import { beforeAll, describe, expect, test } from 'vitest';
import { updateDevice } from '../../../host/tools/update.ts';
import type { UpdateResult } from '../../../host/tools/update-result.ts';
import { EventKind } from '../../../protocol/telemetry/events.ts';
import { DeviceUnderTest } from '../../rig/device.ts';
import { firmwareImage } from '../../rig/images.ts';
import type { LineName } from '../../rig/lines.ts';
import { millisecond, second } from '../../rig/time.ts';

let images: Uint8Array[];

beforeAll(async () => {
  images = await Promise.all(['1.1.0', '1.2.0'].map((version) => firmwareImage(version)));
});

describe('two uploads at once', () => {
  test.each([0, 200, 800, 1500])(
    'the other %i ms after the first: "uploaded" is said of the image that is there',
    async (afterMs) => {
      const device = await DeviceUnderTest.running();
      const ended: UpdateResult[] = [];
      const told = async (line: LineName, image: Uint8Array) => {
        ended.push(await updateDevice(device.client(line), image, { goal: 'upload' }));
      };
      const first = told('gateway', images[0]);
      const until = device.now + afterMs * millisecond;
      while (device.now < until) await new Promise((resolve) => setImmediate(resolve));
      await Promise.all([first, told('console', images[1])]);
      for (const { verdict, upload } of ended) if (verdict === 'uploaded') expect(upload?.matched).toBe(true);
      // Both may be told so only where one upload was completed after the other.
      const done = device.board
        .recorderEvents()
        .filter(({ kind, argument1 }) => kind === EventKind.UPLOAD_DONE && argument1 === 1);
      expect(done).toHaveLength(ended.filter(({ verdict }) => verdict === 'uploaded').length);
      // Whoever ended last was not disturbed afterwards.
      const [last] = ended.slice(-1);
      const listed = (await device.client().imageState()).map(({ hash }) => Buffer.from(hash ?? []).toString('hex'));
      expect(listed.includes(Buffer.from(last.hash).toString('hex'))).toBe(last.verdict === 'uploaded');
      device.run(second);
      expect(device.statistics('heartbeat').health).toBe(0);
    },
  );
});
