// `make interop`: the tests against programs other people wrote. Kept out of `make test`, because they want the network once
// and take minutes; one file at a time, because smpmgr knows only one UDP port and timing is part of what is tested.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['hil/test/interop/**/*.interop.ts'],
    globalSetup: 'hil/test/interop/setup.ts',
    fileParallelism: false,
    // One upload by the slowest client: the Go mcumgr rests 20 ms after each line of 124 characters.
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
