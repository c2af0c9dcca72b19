import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{cli,guest,host,hil,protocol,bootloader,firmware}/**/*.test.ts'],
    globalSetup: 'hil/test/guests.ts',
    setupFiles: ['hil/test/property-seed.ts', 'hil/test/equal-bytes.ts'],
    // Test files share processes, one per core, so that each module is loaded once per process. A file that changes its process restores it.
    pool: 'forks',
    isolate: false,
    maxWorkers: availableParallelism(),
    // A slow machine, and a guest that the global setup does not know of.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
