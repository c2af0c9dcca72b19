// Tests of the host as `make test` runs them, with a defect in one source (main.ts).

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import everything from '../../../vitest.config.ts';

const {
  include,
  globalSetup,
  setupFiles,
  pool,
  isolate,
  experimental,
  execArgv = [],
  testTimeout,
} = everything.test ?? {};

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../../..', import.meta.url)),
    ...{ include, globalSetup, setupFiles, pool, isolate, experimental, testTimeout },
    execArgv: [...execArgv, '--import', fileURLToPath(new URL('./defect-hooks.mjs', import.meta.url))],
    // One is enough, and what a defect leaves behind breaks others.
    bail: 1,
    maxWorkers: 1,
  },
});
