// Before each test file: the seed and the effort of all tests with random inputs. The only place that reads them from the environment.

import { configureCases } from '../../host/board/testing/cases.ts';

configureCases({ seed: Number(process.env.COLDRIG_SEED ?? 1), effort: Number(process.env.COLDRIG_EFFORT ?? 1) });
