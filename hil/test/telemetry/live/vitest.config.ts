// `make telemetry-test`: telemetry with real processes, disks, NATS and Prometheus, which are killed. Kept out of `make test`, because it wants their programs and takes
// minutes; one file at a time, because its processes take all cores.

import { defineConfig } from 'vitest/config';
import everything from '../../../../vitest.config.ts';

const { pool, isolate, experimental, execArgv } = everything.test ?? {};

export default defineConfig({
  test: {
    root: new URL('../../../..', import.meta.url).pathname,
    include: ['hil/test/telemetry/live/**/*.interop.ts'],
    globalSetup: 'hil/test/interop/setup.ts',
    setupFiles: ['hil/test/property-seed.ts'],
    ...{ pool, isolate, experimental, execArgv },
    fileParallelism: false,
    testTimeout: 1_200_000,
    hookTimeout: 300_000,
  },
});
