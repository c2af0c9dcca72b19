// Runs the library and writes docs/unreached.md. Run: npx tsx hil/scenarios/unreached/unreached.generate.ts (a minute)

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../../host/tools/guest.ts';
import { coverageFigures, coveredBlocks } from '../../rig/coverage.ts';
import { runScenarios } from '../../run/run-scenarios.ts';
import { findingsOf, renderUnreached, unreachedPage } from './unreached.ts';

const report = await runScenarios({ root: repositoryRoot, settings: {}, coverage: true });
const failed = report.scenarios.filter(({ verdict }) => verdict === 'failed');
for (const { name, message } of failed) console.error(`${name}: ${message}`);
const { firmware } = coverageFigures(await coveredBlocks(report.coverage ?? []));
if (firmware === undefined) throw new Error('the scenarios ran no firmware');
writeFileSync(join(repositoryRoot, unreachedPage), renderUnreached(firmware));
const findings = findingsOf(firmware.left);
for (const each of findings) console.error(each);
process.exitCode = findings.length + failed.length === 0 ? 0 : 1;
