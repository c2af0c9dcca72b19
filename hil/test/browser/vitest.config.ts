// `make browser-test`: the pages that coldrig makes and serves, in Chromium. Kept out of `make test`, because a browser is a program of others, and takes
// as much of the cores as the rest of the tests leave it.

import { defineConfig } from 'vitest/config';
import everything from '../../../vitest.config.ts';

const { pool, isolate, experimental, execArgv } = everything.test ?? {};

export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['hil/test/report/*.interop.ts', 'host/*/page/*.interop.ts'],
    ...{ pool, isolate, experimental, execArgv },
    // A browser has processes of its own.
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
});
