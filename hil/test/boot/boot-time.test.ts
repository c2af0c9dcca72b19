// docs/boot.md says what a boot takes, to the cycle.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { activationLimitNs } from '../../../host/board/processor.ts';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { type BootTime, measureBootTimes, renderBootTimes } from './boot-time.ts';

let times: BootTime[];

beforeAll(async () => {
  times = await measureBootTimes();
});

test('the page is what is measured; after a change of the bootloader: npx tsx hil/test/boot/boot-time.generate.ts', () => {
  expect(readFileSync(join(repositoryRoot, 'docs', 'boot.md'), 'utf8')).toBe(renderBootTimes(times));
});

test('the worst boot is the longest in the table, and takes much less time than the core allows', () => {
  const cycles = times.map((time) => time.cycles);
  expect(Math.max(...cycles)).toBe(cycles.at(-1));
  expect(Math.max(...cycles) * 4).toBeLessThan(activationLimitNs / 2);
});
