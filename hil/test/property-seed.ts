// Before each test file: properties try the same cases in every run, so that a red test is red again. COLDRIG_SEED tries others.

import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.COLDRIG_SEED ?? 1) });
