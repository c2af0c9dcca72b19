import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { longestFirst } from './hil/test/order.ts';
import { sharedCores } from './host/tools/shared-cores.ts';
// For the global setup, which runs in this process.
import './host/tools/typescript-hooks.mjs';

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return longestFirst(await super.sort(files));
  }
}

export default defineConfig({
  test: {
    include: ['{cli,host,hil,protocol,bootloader,firmware}/**/*.test.ts'],
    sequence: { sequencer: LongestFirst },
    globalSetup: 'hil/test/guests.ts',
    setupFiles: ['hil/test/property-seed.ts', 'hil/test/equal-bytes.ts'],
    // Test files share processes, so that each module is loaded once per process. A file that changes its process restores it.
    pool: 'forks',
    isolate: false,
    // Modules are loaded by node itself: the runner's own way makes every call of another module slow. No test replaces a module.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    execArgv: [
      ...sharedCores,
      ...['late-optimization.mjs', 'typescript-hooks.mjs'].flatMap((name) => [
        '--import',
        fileURLToPath(new URL(`./host/tools/${name}`, import.meta.url)),
      ]),
    ],
    // Two processes more than cores, because some tests wait, for a process that they started or for a device in real time.
    maxWorkers: availableParallelism() + 2,
    // A slow machine whose cores are shared by more processes than it has, and a guest that the global setup does not know of.
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
