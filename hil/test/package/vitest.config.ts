// `make package-test`: the package as npm packs it, in an empty folder outside of the repository. It takes a minute, so it is not part of `make test`.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['hil/test/package/*.interop.ts'],
    fileParallelism: false,
    testTimeout: 600_000,
    hookTimeout: 600_000,
  },
});
