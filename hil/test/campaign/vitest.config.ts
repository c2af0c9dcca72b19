// `make campaign-test`: campaigns on a real NATS server. Kept out of `make test`, because it wants the server and takes minutes; one file at a
// time, because its workers take all cores.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['hil/test/campaign/**/*.interop.ts'],
    globalSetup: 'hil/test/interop/setup.ts',
    fileParallelism: false,
    // A slice of a proof twice, on a slow machine.
    testTimeout: 1_200_000,
    hookTimeout: 1_000_000,
  },
});
