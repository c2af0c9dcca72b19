// `make fleet-test`: a fleet with real processes that are killed, beside Prometheus and Alertmanager. Kept out of `make test`, because it wants their programs and takes
// minutes.

import { defineConfig } from 'vitest/config';
import telemetry from '../../telemetry/live/vitest.config.ts';

export default defineConfig({
  test: { ...telemetry.test, include: ['hil/test/fleet/live/**/*.interop.ts'], hookTimeout: 1_200_000 },
});
