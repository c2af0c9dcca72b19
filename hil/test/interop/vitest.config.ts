// `make interop`: the tests against programs other people wrote. Kept out of `make test`, because they want the network once
// and take minutes. Most of that is waiting, for a client or for the time of a device, so two files run at a time: each worker has an address of
// its own (live-device.ts), because smpmgr knows only one UDP port. Not more, because timing is part of what is tested.

import { defineConfig } from 'vitest/config';
import everything from '../../../vitest.config.ts';

const { pool, isolate, experimental, execArgv } = everything.test ?? {};

export default defineConfig({
  test: {
    root: new URL('../../..', import.meta.url).pathname,
    include: ['hil/test/interop/**/*.interop.ts'],
    globalSetup: 'hil/test/interop/setup.ts',
    // As in `make test`: each worker loads a module once.
    ...{ pool, isolate, experimental, execArgv },
    // Elsewhere than on Linux there is only one address.
    maxWorkers: process.platform === 'linux' ? 2 : 1,
    // One upload by the slowest client: the Go mcumgr rests 20 ms after each line of 124 characters.
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
