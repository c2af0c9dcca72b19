import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{cli,host,hil,protocol,bootloader,firmware}/**/*.test.ts'],
    setupFiles: ['hil/test/property-seed.ts'],
    // Compiling a guest takes seconds on a slow machine, and every test file may be the first to need one.
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
